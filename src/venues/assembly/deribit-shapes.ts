import { MEMORY, ID, PREV, TS } from "../../model/tape";

/**
 * The objects of Deribit's frames, as src/venues/deribit/shapes.ts has them: for each key of each object how its value is
 * read and where it goes. Fields are numbered through; those of one object follow each other.
 */

/** How a value is read: proved and not kept, a number into the figures, one with a sign, one in percent. */
export const SKIP = 0;
export const FIGURE = 1;
export const SIGNED = 2;
export const PERCENT = 3;
/** UNIX milliseconds, or a whole number (or null), into the record. */
export const TIME = 4;
export const COUNT_VALUE = 5;
export const NAME = 6;
export const DIRECTION = 7;
export const TYPE = 8;
export const OBJECT = 9;
export const BIDS = 10;
export const ASKS = 11;

/** Fields of each kind of object: the first, and above it the one behind the last. */
export const QUOTE_FIELDS = 0 | (6 << 8);
export const TICKER_FIELDS = 6 | (33 << 8);
export const STATS_FIELDS = 33 | (39 << 8);
export const GREEKS_FIELDS = 39 | (44 << 8);
export const TRADE_FIELDS = 44 | (59 << 8);
export const BOOK_FIELDS = 59 | (66 << 8);

/** A field: its key in 32 bytes, the mask of these bytes, then what follows. The first stands at place 1; place 0 is none. */
const FIELDS: usize = 0x8000;
const FIELD_SHIFT: usize = 7;
const MASKS: usize = 32;
const LENGTH: usize = 64;
const KIND: usize = 68;
const TO: usize = 72;
const BIT: usize = 76;

/**
 * The field that came behind each in the last object, and the first of each kind of object: what is tried first. The
 * venue promises no order of keys, but keeps the one it has for as long as a server runs.
 */
const NEXT: usize = MEMORY + 64;
const STARTS: usize = NEXT + 80;

/** Place of the guess for the first field of an object. */
export function startOf(fields: i32): usize {
  return STARTS + (fields & 0xff);
}

/** Address of the field whose key stands at p: the guess at `place`, or another one of the object; 0 for none. */
export function fieldAt(p: usize, place: usize, fields: i32): usize {
  const guess = FIELDS + ((load<u8>(place) as usize) << FIELD_SHIFT);
  return isKey(p, guess) ? guess : search(p, place, fields);
}

function isKey(p: usize, field: usize): bool {
  const first = v128.xor(v128.and(v128.load(p), v128.load(field + MASKS)), v128.load(field));
  const rest = v128.xor(v128.and(v128.load(p, 16), v128.load(field + MASKS, 16)), v128.load(field, 16));
  return !v128.any_true(v128.or(first, rest));
}

function search(p: usize, place: usize, fields: i32): usize {
  for (let number = fields & 0xff; number < fields >> 8; number++) {
    const field = FIELDS + (((number + 1) as usize) << FIELD_SHIFT);
    if (!isKey(p, field)) continue;
    store<u8>(place, (number + 1) as u8);
    return field;
  }
  return 0;
}

/** Place of the guess for what comes behind a field. */
export function placeBehind(field: usize): usize {
  return NEXT + ((field - FIELDS) >> FIELD_SHIFT);
}

export function keyLength(field: usize): usize {
  return load<u32>(field + LENGTH);
}

export function kindOf(field: usize): i32 {
  return load<i32>(field + KIND);
}

export function placeOf(field: usize): i32 {
  return load<i32>(field + TO);
}

/** The bit of a field among those of its object. */
export function bitOf(field: usize): u32 {
  return load<u32>(field + BIT);
}

const Q_TIMESTA: u64 = 0x617473656d697422; // "timesta
const MP_E: u64 = 0x3a22706d; // mp":
const Q_INSTRUM: u64 = 0x6d757274736e6922; // "instrum
const ENT_NAME: u64 = 0x656d616e5f746e65; // ent_name
const Q_END: u64 = 0x3a22; // ":
const Q_BEST_BI: u64 = 0x69625f7473656222; // "best_bi
const D_PRICE: u64 = 0x2265636972705f64; // d_price"
const END_E: u64 = 0x3a; // :
const D_AMOUNT: u64 = 0x746e756f6d615f64; // d_amount
const Q_BEST_AS: u64 = 0x73615f7473656222; // "best_as
const K_PRICE: u64 = 0x2265636972705f6b; // k_price"
const K_AMOUNT: u64 = 0x746e756f6d615f6b; // k_amount
const Q_MARK_IV: u64 = 0x76695f6b72616d22; // "mark_iv
const Q_STATE: u64 = 0x3a22657461747322; // "state":
const Q_STATS: u64 = 0x3a22737461747322; // "stats":
const Q_INDEX_P: u64 = 0x705f7865646e6922; // "index_p
const RICE_E: u64 = 0x3a2265636972; // rice":
const Q_UNDERLY: u64 = 0x796c7265646e7522; // "underly
const ING_INDE: u64 = 0x65646e695f676e69; // ing_inde
const X_E: u64 = 0x3a2278; // x":
const ING_PRIC: u64 = 0x636972705f676e69; // ing_pric
const E_E: u64 = 0x3a2265; // e":
const Q_INTERES: u64 = 0x73657265746e6922; // "interes
const T_RATE_E: u64 = 0x3a22657461725f74; // t_rate":
const Q_MARK_PR: u64 = 0x72705f6b72616d22; // "mark_pr
const ICE_E: u64 = 0x3a22656369; // ice":
const Q_BID_IV: u64 = 0x2276695f64696222; // "bid_iv"
const Q_ASK_IV: u64 = 0x2276695f6b736122; // "ask_iv"
const Q_LAST_PR: u64 = 0x72705f7473616c22; // "last_pr
const Q_SETTLEM: u64 = 0x6d656c7474657322; // "settlem
const ENT_PRIC: u64 = 0x636972705f746e65; // ent_pric
const Q_MIN_PRI: u64 = 0x6972705f6e696d22; // "min_pri
const CE_E: u64 = 0x3a226563; // ce":
const Q_MAX_PRI: u64 = 0x6972705f78616d22; // "max_pri
const Q_OPEN_IN: u64 = 0x6e695f6e65706f22; // "open_in
const TEREST_E: u64 = 0x3a22747365726574; // terest":
const Q_ESTIMAT: u64 = 0x74616d6974736522; // "estimat
const ED_DELIV: u64 = 0x76696c65645f6465; // ed_deliv
const ERY_PRIC: u64 = 0x636972705f797265; // ery_pric
const Q_DELIVER: u64 = 0x726576696c656422; // "deliver
const Y_PRICE: u64 = 0x2265636972705f79; // y_price"
const Q_GREEKS: u64 = 0x22736b6565726722; // "greeks"
const Q_CURRENT: u64 = 0x746e657272756322; // "current
const FUNDING: u64 = 0x676e69646e75665f; // _funding
const Q_FUNDING: u64 = 0x676e69646e756622; // "funding
const K8H_E: u64 = 0x3a2268385f; // _8h":
const T_VALUE: u64 = 0x2265756c61765f74; // t_value"
const Q_HIGH: u64 = 0x3a226867696822; // "high":
const Q_LOW: u64 = 0x3a22776f6c22; // "low":
const Q_VOLUME: u64 = 0x22656d756c6f7622; // "volume"
const Q_VOLUME2: u64 = 0x5f656d756c6f7622; // "volume_
const USD_E: u64 = 0x3a22647375; // usd":
const NOTIONAL: u64 = 0x6c616e6f69746f6e; // notional
const Q_PRICE_C: u64 = 0x635f656369727022; // "price_c
const HANGE_E: u64 = 0x3a2265676e6168; // hange":
const Q_DELTA: u64 = 0x3a2261746c656422; // "delta":
const Q_GAMMA: u64 = 0x3a22616d6d616722; // "gamma":
const Q_VEGA: u64 = 0x3a226167657622; // "vega":
const Q_THETA: u64 = 0x3a22617465687422; // "theta":
const Q_RHO: u64 = 0x3a226f687222; // "rho":
const Q_TRADE_S: u64 = 0x735f656461727422; // "trade_s
const EQ_E: u64 = 0x3a227165; // eq":
const Q_PRICE: u64 = 0x3a22656369727022; // "price":
const Q_AMOUNT: u64 = 0x22746e756f6d6122; // "amount"
const Q_DIRECTI: u64 = 0x6974636572696422; // "directi
const ON_E: u64 = 0x3a226e6f; // on":
const Q_TRADE_I: u64 = 0x695f656461727422; // "trade_i
const D_E: u64 = 0x3a2264; // d":
const Q_TICK_DI: u64 = 0x69645f6b63697422; // "tick_di
const RECTION: u64 = 0x226e6f6974636572; // rection"
const Q_IV: u64 = 0x3a22766922; // "iv":
const Q_CONTRAC: u64 = 0x636172746e6f6322; // "contrac
const TS_E: u64 = 0x3a227374; // ts":
const Q_STARBAS: u64 = 0x7361627261747322; // "starbas
const E_MATCH: u64 = 0x5f686374616d5f65; // e_match_
const ID_E: u64 = 0x3a226469; // id":
const E_TIMEST: u64 = 0x7473656d69745f65; // e_timest
const AMP_E: u64 = 0x3a22706d61; // amp":
const Q_LIQUIDA: u64 = 0x6164697571696c22; // "liquida
const TION_E: u64 = 0x3a226e6f6974; // tion":
const Q_CHANGE: u64 = 0x5f65676e61686322; // "change_
const Q_BIDS: u64 = 0x3a227364696222; // "bids":
const Q_ASKS: u64 = 0x3a22736b736122; // "asks":
const Q_TYPE: u64 = 0x3a226570797422; // "type":
const Q_PREV_CH: u64 = 0x68635f7665727022; // "prev_ch
const ANGE_ID: u64 = 0x2264695f65676e61; // ange_id"

function put(
  number: i32,
  inObject: i32,
  kind: i32,
  to: i32,
  length: i32,
  first: u64,
  second: u64,
  third: u64,
  last: u64,
): void {
  const at: usize = FIELDS + (((number + 1) as usize) << FIELD_SHIFT);
  store<u64>(at, first);
  store<u64>(at + 8, second);
  store<u64>(at + 16, third);
  store<u64>(at + 24, last);
  memory.fill(at + MASKS, 0xff, length);
  store<i32>(at + LENGTH, length);
  store<i32>(at + KIND, kind);
  store<i32>(at + TO, to);
  store<u32>(at + BIT, (1 as u32) << inObject);
}

// No key has a byte where its mask has none.
store<u8>(FIELDS, 1);

// quote
put(0, 0, TIME, TS, 12, Q_TIMESTA, MP_E, 0, 0);
put(1, 1, NAME, 0, 18, Q_INSTRUM, ENT_NAME, Q_END, 0);
put(2, 2, FIGURE, 0, 17, Q_BEST_BI, D_PRICE, END_E, 0);
put(3, 3, FIGURE, 8, 18, Q_BEST_BI, D_AMOUNT, Q_END, 0);
put(4, 4, FIGURE, 16, 17, Q_BEST_AS, K_PRICE, END_E, 0);
put(5, 5, FIGURE, 24, 18, Q_BEST_AS, K_AMOUNT, Q_END, 0);

// ticker
put(6, 0, TIME, TS, 12, Q_TIMESTA, MP_E, 0, 0);
put(7, 1, NAME, 0, 18, Q_INSTRUM, ENT_NAME, Q_END, 0);
put(8, 2, PERCENT, 40, 10, Q_MARK_IV, Q_END, 0, 0);
put(9, 3, SKIP, 0, 8, Q_STATE, 0, 0, 0);
put(10, 4, OBJECT, STATS_FIELDS, 8, Q_STATS, 0, 0, 0);
put(11, 5, FIGURE, 8, 14, Q_INDEX_P, RICE_E, 0, 0);
put(12, 6, SKIP, 0, 19, Q_UNDERLY, ING_INDE, X_E, 0);
put(13, 7, FIGURE, 16, 19, Q_UNDERLY, ING_PRIC, E_E, 0);
put(14, 8, SIGNED, 32, 16, Q_INTERES, T_RATE_E, 0, 0);
put(15, 9, FIGURE, 0, 13, Q_MARK_PR, ICE_E, 0, 0);
put(16, 10, PERCENT, 48, 9, Q_BID_IV, END_E, 0, 0);
put(17, 11, PERCENT, 56, 9, Q_ASK_IV, END_E, 0, 0);
put(18, 12, SKIP, 0, 17, Q_BEST_BI, D_PRICE, END_E, 0);
put(19, 13, SKIP, 0, 18, Q_BEST_BI, D_AMOUNT, Q_END, 0);
put(20, 14, SKIP, 0, 17, Q_BEST_AS, K_PRICE, END_E, 0);
put(21, 15, SKIP, 0, 18, Q_BEST_AS, K_AMOUNT, Q_END, 0);
put(22, 16, FIGURE, 104, 13, Q_LAST_PR, ICE_E, 0, 0);
put(23, 17, SKIP, 0, 19, Q_SETTLEM, ENT_PRIC, E_E, 0);
put(24, 18, SKIP, 0, 12, Q_MIN_PRI, CE_E, 0, 0);
put(25, 19, SKIP, 0, 12, Q_MAX_PRI, CE_E, 0, 0);
put(26, 20, FIGURE, 24, 16, Q_OPEN_IN, TEREST_E, 0, 0);
put(27, 21, SKIP, 0, 27, Q_ESTIMAT, ED_DELIV, ERY_PRIC, E_E);
put(28, 22, SKIP, 0, 17, Q_DELIVER, Y_PRICE, END_E, 0);
put(29, 23, OBJECT, GREEKS_FIELDS, 9, Q_GREEKS, END_E, 0, 0);
put(30, 24, SIGNED, 120, 18, Q_CURRENT, FUNDING, Q_END, 0);
put(31, 25, SKIP, 0, 13, Q_FUNDING, K8H_E, 0, 0);
put(32, 26, SKIP, 0, 17, Q_INTERES, T_VALUE, END_E, 0);

// stats
put(33, 0, FIGURE, 128, 7, Q_HIGH, 0, 0, 0);
put(34, 1, FIGURE, 136, 6, Q_LOW, 0, 0, 0);
put(35, 2, FIGURE, 112, 9, Q_VOLUME, END_E, 0, 0);
put(36, 3, SKIP, 0, 13, Q_VOLUME2, USD_E, 0, 0);
put(37, 4, SKIP, 0, 18, Q_VOLUME2, NOTIONAL, Q_END, 0);
put(38, 5, SKIP, 0, 15, Q_PRICE_C, HANGE_E, 0, 0);

// greeks
put(39, 0, SIGNED, 64, 8, Q_DELTA, 0, 0, 0);
put(40, 1, SIGNED, 72, 8, Q_GAMMA, 0, 0, 0);
put(41, 2, SIGNED, 80, 7, Q_VEGA, 0, 0, 0);
put(42, 3, SIGNED, 88, 8, Q_THETA, 0, 0, 0);
put(43, 4, SIGNED, 96, 6, Q_RHO, 0, 0, 0);

// trade
put(44, 0, TIME, TS, 12, Q_TIMESTA, MP_E, 0, 0);
put(45, 1, NAME, 0, 18, Q_INSTRUM, ENT_NAME, Q_END, 0);
put(46, 2, COUNT_VALUE, ID, 12, Q_TRADE_S, EQ_E, 0, 0);
put(47, 3, FIGURE, 0, 8, Q_PRICE, 0, 0, 0);
put(48, 4, FIGURE, 8, 9, Q_AMOUNT, END_E, 0, 0);
put(49, 5, DIRECTION, 0, 12, Q_DIRECTI, ON_E, 0, 0);
put(50, 6, SKIP, 0, 11, Q_TRADE_I, D_E, 0, 0);
put(51, 7, SKIP, 0, 17, Q_TICK_DI, RECTION, END_E, 0);
put(52, 8, SKIP, 0, 13, Q_MARK_PR, ICE_E, 0, 0);
put(53, 9, SKIP, 0, 5, Q_IV, 0, 0, 0);
put(54, 10, SKIP, 0, 14, Q_INDEX_P, RICE_E, 0, 0);
put(55, 11, SKIP, 0, 12, Q_CONTRAC, TS_E, 0, 0);
put(56, 12, SKIP, 0, 20, Q_STARBAS, E_MATCH, ID_E, 0);
put(57, 13, SKIP, 0, 21, Q_STARBAS, E_TIMEST, AMP_E, 0);
put(58, 14, SKIP, 0, 14, Q_LIQUIDA, TION_E, 0, 0);

// book
put(59, 0, TIME, TS, 12, Q_TIMESTA, MP_E, 0, 0);
put(60, 1, NAME, 0, 18, Q_INSTRUM, ENT_NAME, Q_END, 0);
put(61, 2, COUNT_VALUE, ID, 12, Q_CHANGE, ID_E, 0, 0);
put(62, 3, BIDS, 0, 7, Q_BIDS, 0, 0, 0);
put(63, 4, ASKS, 0, 7, Q_ASKS, 0, 0, 0);
put(64, 5, TYPE, 0, 7, Q_TYPE, 0, 0, 0);
put(65, 6, COUNT_VALUE, PREV, 17, Q_PREV_CH, ANGE_ID, END_E, 0);
