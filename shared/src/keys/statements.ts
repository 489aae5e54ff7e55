/**
 * What contributors sign. Every statement begins with its kind, so that none passes for another,
 * and names the run, whose id no other coordinator has.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** That the sender of this hello has the key: over the challenge of this very connection. */
export function helloStatement(hello: { run: string; nonce: string }): Uint8Array {
  return utf8ToBytes(`quorate hello 1\n${hello.run}\n${hello.nonce}`)
}

/**
 * What was cast in one attempt: the root of the digests of all slices (wire/proof.ts). Who signs
 * two of them for one attempt has told different members different things.
 */
export function ballotStatement(ballot: {
  readonly run: string
  /** Its number: two of one browser have one key. */
  readonly contributor: number
  readonly round: number
  readonly attempt: number
  readonly slices: number
  readonly root: Uint8Array
}): Uint8Array {
  const { run, contributor, round, attempt, slices, root } = ballot
  const head = utf8ToBytes(
    `quorate ballot 1\n${run}\n${contributor}\n${round}\n${attempt}\n${slices}\n`,
  )
  const statement = new Uint8Array(head.length + root.length)
  statement.set(head)
  statement.set(root, head.length)
  return statement
}
