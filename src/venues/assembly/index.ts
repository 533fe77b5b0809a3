/** The entries of the scanner: (start, end) of a frame to the number of records on the tape, or -1 for "not mine". */
export { binance } from "./binance";
export { coinbase, coinbaseTaker } from "./coinbase";
export { deribit } from "./deribit";
export { kraken } from "./kraken";
