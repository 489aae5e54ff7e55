import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SIDE = 28
const CLASSES = 10
/** One chunk. */
const RECORDS = 500

/** Writes a data set of noise with MNIST's shape, as IDX files where a coordinator looks for them. */
export async function writeNoise(dataFolder: string, id: string): Promise<void> {
  const folder = join(dataFolder, 'data-sets', id)
  await mkdir(folder, { recursive: true })
  for (const part of ['train', 't10k']) {
    const images = Buffer.alloc(RECORDS * SIDE * SIDE, 7)
    const labels = Buffer.from(Array.from({ length: RECORDS }, (_, n) => n % CLASSES))
    await writeFile(join(folder, `${part}-images-idx3-ubyte`), idx([RECORDS, SIDE, SIDE], images))
    await writeFile(join(folder, `${part}-labels-idx1-ubyte`), idx([RECORDS], labels))
  }
}

function idx(dimensions: readonly number[], elements: Buffer): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length)
  header.writeUInt32BE(0x0800 + dimensions.length)
  dimensions.forEach((length, at) => header.writeUInt32BE(length, 4 + 4 * at))
  return Buffer.concat([header, elements])
}
