import type { Entropy } from './ports.ts'

const FIRST = [
  'amber', 'brave', 'calm', 'clear', 'coral', 'dapper', 'early', 'fair', 'gentle', 'glad',
  'golden', 'green', 'happy', 'honest', 'jolly', 'keen', 'kind', 'lively', 'lucky', 'merry',
  'mild', 'neat', 'noble', 'patient', 'plain', 'proud', 'quick', 'quiet', 'silver', 'steady',
  'sunny', 'swift',
] // prettier-ignore
const SECOND = [
  'badger', 'beaver', 'bison', 'crane', 'curlew', 'dolphin', 'falcon', 'finch', 'fox', 'gull',
  'hare', 'heron', 'ibex', 'jay', 'kestrel', 'koala', 'lark', 'lynx', 'marten', 'newt', 'otter',
  'owl', 'panda', 'plover', 'puffin', 'raven', 'robin', 'seal', 'stork', 'swan', 'tern', 'wren',
] // prettier-ignore

/** A display name such as "calm otter 17": generated, never typed by a stranger. */
export function generateName(entropy: Entropy, contributor: number): string {
  const [first = 0, second = 0] = entropy(2)
  return `${FIRST[first % FIRST.length]} ${SECOND[second % SECOND.length]} ${contributor}`
}
