import { describe, expect, test } from 'vitest'
import { helpText, readCommand } from './flags.ts'

const read = (line: string) => readCommand(line.split(' ').filter((word) => word !== ''))

describe('flags', () => {
  test('the whole line of the documentation', () => {
    const command = read(
      '--method ef-vote --partition label --contributors 10 --rounds 400 --hidden 32 --batch 32 ' +
        '--lr 0.003 --seed 1 --out result.json',
    )
    expect(command).toMatchObject({ dataFolder: null, outPath: 'result.json', plotPath: null })
    expect(command?.simulations).toHaveLength(1)
    expect(command?.simulations[0]).toMatchObject({
      label: 'ef-vote',
      settings: {
        contributors: 10,
        sample: null,
        churn: 0,
        adversaries: 0,
        run: {
          dataSet: 'mnist',
          seed: 1,
          rounds: 400,
          shards: 10,
          batch: 32,
          learningRate: 0.003,
          partition: { kind: 'label' },
          model: { kind: 'mlp', hidden: [32] },
          method: { id: 'ef-vote', kappa: 4, tau: 2 },
        },
      },
    })
    expect(read('')?.simulations).toEqual(command?.simulations)
  })

  test('all other flags arrive where they belong', () => {
    const line =
      '--method ef-vote --preset trusted --beta 0.95 --set errorBound=5 --partition dirichlet ' +
      '--alpha 0.1 --contributors 20 --shards 40 --sample 5 --churn 0.02 --adversaries 0.2 ' +
      '--attack collude --model mlp --hidden 64,32 --local-steps 5 --local-lr 0.05 --block 64 ' +
      '--schedule cosine --warm-up 10 --weight-decay 1e-4 --evaluate-every 25 --zero-rule plus ' +
      '--tie-rule plus --data /tmp/My_Digits'
    expect(read(line)?.simulations[0]?.settings).toMatchObject({
      contributors: 20,
      sample: 5,
      churn: 0.02,
      adversaries: 0.2,
      attack: 'collude',
      run: {
        dataSet: 'my-digits',
        shards: 40,
        partition: { kind: 'dirichlet', alpha: 0.1 },
        model: { kind: 'mlp', hidden: [64, 32] },
        method: {
          id: 'ef-vote',
          kappa: 8,
          tau: null,
          beta: 0.95,
          errorBound: 5,
          zeroRule: 'plus',
          tieRule: 'plus',
        },
        localSteps: 5,
        localLearningRate: 0.05,
        block: 64,
        schedule: 'cosine',
        warmUpRounds: 10,
        weightDecay: 1e-4,
        evaluateEvery: 25,
      },
    })
  })

  test('several methods and seeds make a simulation each; a setting goes to those that have it', () => {
    const command = read('--method ssdm:norm=linf-block:lr=0.03,ef-vote --kappa 6 --seed 1,2')
    expect(command?.simulations.map(({ label }) => label)).toEqual([
      'ssdm:norm=linf-block:lr=0.03, seed 1',
      'ef-vote, seed 1',
      'ssdm:norm=linf-block:lr=0.03, seed 2',
      'ef-vote, seed 2',
    ])
    const [ssdm, efVote] = command?.simulations ?? []
    expect(ssdm?.settings.run).toMatchObject({
      learningRate: 0.03,
      method: { id: 'ssdm', norm: 'linf-block' },
    })
    expect(efVote?.settings.run).toMatchObject({ learningRate: 0.003, method: { kappa: 6 } })
  })

  test('a shared partition is one shard', () => {
    expect(read('--partition shared')?.simulations[0]?.settings.run.shards).toBe(1)
  })

  test('help lists every flag', () => {
    expect(read('--help')).toBeNull()
    for (const flag of ['--churn', '--attack', '--plot', '--set'])
      expect(helpText()).toContain(flag)
  })

  test.each([
    ['--turbo 9', 'FLAG_UNKNOWN', /--turbo/],
    ['--rounds', 'FLAG_UNKNOWN', /--rounds/],
    ['--method sgb', 'FLAG_INVALID', /--method "sgb": is not one of .*ef-vote/],
    ['--partition even', 'FLAG_INVALID', /--partition "even": is not one of shared, iid, label/],
    ['--model transformer', 'FLAG_INVALID', /--model .*softmax, mlp, lenet5, cnn/],
    ['--attack lie', 'FLAG_INVALID', /--attack "lie": is not one of flip, flip-loud/],
    ['--rounds ten', 'FLAG_INVALID', /--rounds "ten": is not a number/],
    ['--rounds 0', 'FLAG_INVALID', /--rounds "0": .*>=1/],
    ['--lr -1', 'FLAG_UNKNOWN', /--lr/],
    ['--lr=-1', 'FLAG_INVALID', /--lr "-1": .*>0/],
    ['--churn 1.5', 'FLAG_INVALID', /--churn "1.5": .*<=1/],
    ['--sample 11', 'FLAG_INVALID', /--sample "11": at most as many as there are contributors/],
    ['--hidden 32,x', 'FLAG_INVALID', /--hidden "32,x": is not a number/],
    ['--hidden 0', 'FLAG_INVALID', /--hidden "0": .*>=1/],
    ['--model softmax --hidden 32', 'FLAG_INVALID', /--hidden: not for 'softmax'/],
    ['--alpha 0.3', 'FLAG_INVALID', /--alpha: not for 'label'/],
    ['--partition shared --shards 3', 'FLAG_INVALID', /--shards "3": .*exactly one shard/],
    ['--block 100', 'FLAG_INVALID', /--block "100"/],
    ['--seed 1.5', 'FLAG_INVALID', /--seed "1.5"/],
    ['--kappa 0', 'FLAG_INVALID', /--kappa "0": .*>=1/],
    ['--kappa 16', 'FLAG_INVALID', /too tight/],
    ['--method ssdm --kappa 4', 'FLAG_INVALID', /--kappa: 'kappa' is not a setting of ssdm/],
    ['--method ssdm:kappa=4', 'FLAG_INVALID', /ssdm has no setting 'kappa'/],
    ['--set colour=red', 'FLAG_INVALID', /--set colour/],
    ['--set colour', 'FLAG_INVALID', /--set "colour": is not key=value/],
    ['--preset closed', 'FLAG_INVALID', /--preset "closed": is neither open nor trusted/],
    ['--tau some', 'FLAG_INVALID', /--tau "some": is not a number/],
  ])('%s is refused, by name', (line, code, message) => {
    let error: unknown = null
    try {
      read(line)
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code })
    expect((error as Error).message).toMatch(message)
  })
})
