import type { Experiment } from './experiment.ts'
import type { Results } from './figures.ts'
import { blocks, table } from './markdown.ts'
import { countOf, pageName } from './page-facts.ts'

/** docs/experiments/README.md: what there is, how it is measured, and what the methods cannot do. */
export function indexPage(experiments: readonly Experiment[], results: Results): string {
  const rows = experiments.map((experiment) => {
    const { done, wanted } = countOf(experiment, results)
    const link = `[${experiment.title}](${pageName(experiment)})`
    return [`${experiment.id}. ${link}`, done === wanted ? 'all' : `${done} of ${wanted}`]
  })
  return `${blocks(
    '# Experiments',
    '<!-- Written by `npm run experiments`; do not edit. -->',
    "What the methods come to, measured with the code that runs: the coordinator's rounds and verdicts, the contributors' trainers, and ballots and verdicts as they are encoded ([the simulator](../../README.md#to-develop)); the small problems are played by both halves of the methods alone. Each number is from a simulation whose settings, curve and figures lie in [results](results), in a file named by a hash of its settings.",
    table(['experiment', 'simulations computed'], rows),
    HOW,
    CANNOT,
    WEAK,
    RUN,
  )}\n`
}

const HOW = `## How it is measured

Where nothing else is said: MNIST scaled to 0..1, MLP 784-32-10 with ReLU (d = 25,450), ten contributors, 400 decided rounds, batch 32 a contributor, drawn with replacement, γ(1 − .95·t/T), final accuracy on the 10,000 test images. "One digit each" cuts the data by label, so that contributor n holds all of digit n. Seeds are 1, 2 and 3; they decide partition, initial parameters, batches, coins and who lies. A cell is the mean ± the sample standard deviation of its seeds. Bytes are those of encoded ballots and verdicts, of all contributors together; data and control messages are not counted, and each contributor is a group of its own. EF-Vote clips bursts only where a row says "clip"; runs made in the operator's form do, and so does the demo.

Step sizes were tuned for most methods over a small grid on this very problem, with the test images, and most of that in the reference implementation of [a](a-partitions.md#against-an-independent-reference): good for comparing methods, a little flattering to all of them. It is one small model on one easy data set.`

const CANNOT = `## What the methods cannot do

- **Majority votes and SSDM do not reach the mean on partitioned data.** Signs taken by each contributor estimate a median of gradients. SSDM's published theorem said otherwise; version 6 of the paper (June 2026) corrects it: convergence needs _homogeneous_ data. E[s] = m/‖m‖, so SSDM comes to rest where Σ m/‖m‖ = 0, which for equal curvatures is the geometric median of the minima and not the minimum of the mean. That is theory; [a](a-partitions.md) and [k](k-long-ssdm.md) agree with it, but do not tell a wrong point of rest from a slow way to the right one. It is offered as published.
- **Colluders defeat a majority.** If honest voters have the right sign with probability p a coordinate, a share (2p − 1)/(2p) of colluders who vote the other way turns the expected tally: half at p = 1, 9 % at p = .55, next to none near p = ½. Who knows the tally of the same round needs fewer. [b](b-adversaries.md) has flippers, and colluders who push into one fixed direction; neither is the worst that can be done.
- **Nothing here is private or verified.** Owners' tallies are believed; contributors are anonymous, so that one person may be many of them.`

const WEAK = `## Where EF-Vote is weak

- **Rare classes against loud liars.** It is a clipped mean: one dissenter among more than κ others (τ others, with the budget) can be outvoted, the more the louder the others disagree. What lets a rare class be heard lets a liar be heard. A lone holder of a class has to be five times as loud as the others, all the time, which is what a loud liar is like: no budget can tell them apart. Hence two presets, and neither does both: [i](i-lone-class.md).
- **Liars may shout.** On iid shards a plain majority vote, which has no weights, withstands more of them than either preset: loud flippers and colluders alike. With one digit each, a tenth of liars of any kind is too many: [b](b-adversaries.md).
- **Bursts of scale, where they are not clipped.** A gradient 1e4 times too large leaves a debt that is paid off for many rounds. Clipping at four times the contributor's own usual loudness mends that, at no cost that was seen with batches of eight records and more; with batches of one it costs .02: [j](j-bursts.md).
- **Few at a time.** Where ten of a hundred are asked, SGD with a smaller step and FedAvg do better: [c](c-sampling.md).
- **Not the fewest bytes by every measure.** Where shards are alike, plain majority votes do as well at the same bytes. Mem-SGD sends half as many up and reaches .9 in fewer rounds; but it sends floats: [a](a-partitions.md).`

const RUN = `## To compute it again

\`\`\`sh
npm run experiments
\`\`\`

goes on with what is missing, on two threads, and writes these pages. All of it takes some hours of two cores. \`--fresh\` computes anew, \`--only a,b\` takes some of it, \`--seeds 1\` the first seed alone, \`--pages\` only writes the pages. The same results give the same pages, to the byte. The logarithm in normal draws may differ in its last bit between engines, so that another Node version may give slightly different results where noise is drawn.`
