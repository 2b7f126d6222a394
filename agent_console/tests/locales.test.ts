import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textsOf, type Texts } from '@/messages'

function leaves(tree: Texts, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix ? `${prefix}.${key}` : key
    if (typeof value === 'string') found.set(path, value)
    else for (const [inner, text] of leaves(value, path)) found.set(inner, text)
  }
  return found
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

const chinese = leaves(textsOf('zh-CN'))
const english = leaves(textsOf('en'))

describe('locales', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it('say a first-level key in one file only', () => {
    for (const locale of ['zh-CN', 'en']) {
      const folder = join(__dirname, '../src/locales', locale)
      const keys = readdirSync(folder).flatMap((file) => Object.keys(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Texts))
      expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
    }
  })

  it('have the same placeholders', () => {
    const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const [key, text] of chinese) expect([key, holes(english.get(key)!)]).toEqual([key, holes(text)])
  })

  it('hold every key the pages ask for', () => {
    const asked = sources(join(__dirname, '../src')).flatMap((text) => [...text.matchAll(/\bt\('([a-z_.]+)'/g)].map((hit) => hit[1]!))
    expect(asked.length).toBeGreaterThan(150)
    expect([...new Set(asked)].filter((key) => !chinese.has(key))).toEqual([])
  })

  it('leave no Chinese in the English texts', () => {
    expect([...english].filter(([, text]) => /[\u4e00-\u9fff]/.test(text))).toEqual([])
  })
})
