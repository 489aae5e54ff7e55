import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodedError } from '../errors.ts'
import { parseIdx, readIdx } from './idx.ts'

const twoByThree = Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])

describe('an IDX file', () => {
  test('of unsigned bytes is read as it lies', () => {
    const { dimensions, elements } = parseIdx(twoByThree, 'x')
    expect(dimensions).toEqual([2, 3])
    expect(elements).toEqual(new Uint8Array([1, 2, 3, 4, 5, 255]))
  })

  test('of any other element type is read big-endian', () => {
    const read = (type: number, ...body: number[]) =>
      [...parseIdx(Buffer.from([0, 0, type, 1, 0, 0, 0, 1, ...body]), 'x').elements][0]
    expect(read(0x09, 0xff)).toBe(-1)
    expect(read(0x0b, 0xff, 0xfe)).toBe(-2)
    expect(read(0x0c, 0, 0, 1, 0)).toBe(256)
    expect(read(0x0d, 0x3f, 0xc0, 0, 0)).toBe(1.5)
    expect(read(0x0e, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)).toBe(1.5)
  })

  test('that is wrong gets the code that says how', () => {
    const codeOf = (...bytes: number[]) => {
      try {
        parseIdx(Uint8Array.from(bytes), 'x')
      } catch (error) {
        return error instanceof CodedError ? error.code : error
      }
      return 'read'
    }
    expect(codeOf()).toBe('IDX_MAGIC')
    expect(codeOf(1, 0, 8, 1, 0, 0, 0, 0)).toBe('IDX_MAGIC')
    expect(codeOf(0, 0, 0x0a, 1, 0, 0, 0, 0)).toBe('IDX_MAGIC')
    expect(codeOf(0, 0, 8, 0)).toBe('IDX_DIMENSIONS')
    expect(codeOf(0, 0, 8, 200)).toBe('IDX_DIMENSIONS')
    expect(codeOf(0, 0, 8, 1, 0, 0)).toBe('IDX_SIZE')
    expect(codeOf(0, 0, 8, 1, 0, 0, 0, 2, 9)).toBe('IDX_SIZE')
    expect(codeOf(0, 0, 8, 1, 0, 0, 0, 1, 9, 9)).toBe('IDX_SIZE')
    expect(codeOf(0, 0, 8, 3, ...Array<number>(12).fill(255))).toBe('IDX_SIZE')
  })

  test('of any bytes gives an array or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseIdx(bytes, 'x')
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError)
        }
      }),
    )
  })

  test('is unpacked when gzipped, and bounded also then', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quorate-idx-'))
    const path = join(folder, 'a')
    await writeFile(path, gzipSync(twoByThree))
    expect((await readIdx(path)).dimensions).toEqual([2, 3])
    await writeFile(path, gzipSync(Buffer.alloc(100_000)))
    await expect(readIdx(path, 1000)).rejects.toMatchObject({ code: 'IDX_TOO_LARGE' })
    await writeFile(path, Buffer.alloc(2000))
    await expect(readIdx(path, 1000)).rejects.toMatchObject({ code: 'IDX_TOO_LARGE' })
    await writeFile(path, gzipSync(twoByThree).subarray(0, 20))
    await expect(readIdx(path)).rejects.toMatchObject({ code: 'IDX_UNREADABLE' })
    await expect(readIdx(join(folder, 'b'))).rejects.toMatchObject({ code: 'IDX_UNREADABLE' })
    await rm(folder, { recursive: true })
  })
})
