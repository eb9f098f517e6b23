// What can be wrong with a rollout, and the rules by which it is read all the same: every complete record is
// delivered, no byte is ever changed to make it so, and what was not delivered is reported where it lies.
//
//   torn-tail         bytes behind the last newline that are no complete record
//   splice            on a line that holds complete records: a fragment before, between or behind them; of
//                     length 0 where two complete records meet without a newline
//   nul-run           zero bytes (space that a crash left unwritten); they end a record as a newline does
//   invalid-utf8      a record that is sound JSON around bytes that are no UTF-8: delivered, its bytes as
//                     stored, its parsed value with U+FFFD for them; the range is first to last such byte
//   bom               a byte order mark before a record
//   crlf              carriage returns before a newline
//   not-json          a whole line without a complete record
//   not-a-record      JSON, but no object with a string `type` and a `payload`
//   duplicate-ordinal a line with its predecessor's ordinal
//   missing-ordinal   a line whose ordinal skips some
//   reused-ordinal    a line whose ordinal is lower than its predecessor's
//   ordinal-absent    a line without a usable ordinal in a rollout whose first record has one
//   empty             a rollout of no bytes
//   no-session-meta   the first record is something else (its range), or there is no record (everything)
//   id-mismatch       a session_meta that names another thread than the file does
//   missing-base      a history_base that names a rollout that is not there
//
// The four ordinal kinds have the range of the line concerned, its line end included.

export type DamageKind =
  | 'torn-tail'
  | 'splice'
  | 'nul-run'
  | 'invalid-utf8'
  | 'bom'
  | 'crlf'
  | 'not-json'
  | 'not-a-record'
  | 'duplicate-ordinal'
  | 'missing-ordinal'
  | 'reused-ordinal'
  | 'ordinal-absent'
  | 'empty'
  | 'no-session-meta'
  | 'id-mismatch'
  | 'missing-base'

/** Offset and length are bytes of the uncompressed rollout. */
export interface Damage {
  readonly kind: DamageKind
  readonly offset: number
  readonly length: number
}
