/**
 * Where a scanner puts what it read: byte addresses in its memory, for both languages that use them. The assembly in
 * src/venues/assembly is compiled with this file, so nothing but whole numbers may stand here.
 *
 *   0      nothing: address 0 is "nowhere", its bytes are zeros
 *   64     the scanner's own tables
 *   MEMORY   what the scanner remembers between frames: it changes what a frame costs, never what it says
 *   RECORDS  one record of RECORD bytes for each event of a frame
 *   LEVELS   price and size (f64) of each level of the frame's books
 *   SIDES    a byte for each of these levels
 *   NAMES    texts of 16 bytes by their numbers
 *   LONG_NAMES  texts of 32 bytes, numbered behind the short ones
 *   FREE     slabs
 */
export const RECORDS = 0x10000;
export const RECORD = 128;
export const MEMORY = RECORDS - 256;
export const MOST_RECORDS = 2048;
export const LEVELS = 0x50000;
export const MOST_LEVELS = 8192;
export const SIDES = 0x70000;
export const NAMES = 0x80000;
export const MOST_NAMES = 8192;
export const LONG_NAMES = 0xa0000;
export const MOST_LONG_NAMES = 4096;
export const FREE = 0xc0000;

/** Fields of a record. HEAD is op | side << 8 | flags << 16 | has << 24, NAME and NAME_END are addresses (i32 each). */
export const HEAD = 0;
export const NAME = 4;
export const NAME_END = 8;
/** Number of the name (i32): the same for the same name for ever; -1 for long ones, and when too many were seen. */
export const NUMBER = 12;
/** First level and their number, of a book. */
export const FIRST = 16;
export const COUNT = 20;
/** 64-bit registers of the event, in the order of Out.long; CONNECTION is that of the frame, in its first record. */
export const TS = 24;
export const ID = 32;
export const PREV = 40;
export const CONNECTION = 48;
/** i32, where `has` is HAS_CHECKSUM. */
export const CHECKSUM = 56;
/** Five doubles, in the order of Out.num. */
export const NUM = 64;

/** Set in the record that has a checksum, and in the first of a frame that has a number. */
export const HAS_CHECKSUM = 1;
export const HAS_CONNECTION = 2;

/** What a record says: the emitter of Out that gives it on. */
export const TRADE = 1;
export const QUOTE = 2;
export const BOOK = 3;
export const TICKER = 4;
export const STATS = 5;
/** Its figures, in the order of Out.option, stand where levels would. */
export const OPTION = 6;
