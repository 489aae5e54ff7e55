/** The command that plays this seed again, step by step. */
export function replayCommand(seed: number): string {
  return `npm run soak -- --only world --seed ${seed} --seeds 1 --trace`
}
