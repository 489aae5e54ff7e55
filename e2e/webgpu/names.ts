/** What page.ts checks on a real device, each a test of its own. */
export const CHECKS = [
  'Philox gives the words that it gives in TypeScript',
  'any two floats are subtracted to the same bits as by the plain rule',
  'verdicts of every kind move parameters to the same bits as in memory',
  'the ballots of signsgd-mv are those made in memory',
  'the ballots of signum-mv are those made in memory',
  'the ballots of ef-vote are those made in memory',
  'the ballots of ef-vote with the scaled down-link are those made in memory',
  'the ballots of ef-vote that clips bursts are those made in memory',
  'the ballots of sto-sign are those made in memory',
  'the ballots of noisy-signsgd are those made in memory',
  'the ballots of z-sign-fedavg are those made in memory',
  'the ballots of ssdm are those made in memory',
  'the ballots of ssdm with a norm for each tensor are those made in memory',
  'what is not finite is found, and changes nothing',
  'a contributor on WebGPU follows the verdicts to the bit, beside one in memory',
  'local steps on WebGPU learn, and follow the verdicts to the bit',
  'a round reads back a bit for a parameter and four words for a block, a digest the rest',
  'a GPU that is lost takes no parameter with it, and others follow',
] as const

export type CheckName = (typeof CHECKS)[number]
