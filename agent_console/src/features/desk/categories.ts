/** The two-level category tree out of the flat code list, and the search in it. Pure. */
import type { Coded } from '@/api/types'
import { matches } from '@/lib/pinyin'

export interface Group {
  entry: Coded
  /** What can be ticked: the children, or the group itself where it has none. */
  leaves: Coded[]
}

/** A code's parent: named by the server, else its first two digits. */
function parentOf(entry: Coded): string {
  return entry.parent ?? (entry.code.length > 2 ? entry.code.slice(0, 2) : '')
}

export function tree(categories: readonly Coded[]): Group[] {
  const groups = categories.filter((entry) => !parentOf(entry)).map((entry) => ({ entry, leaves: [] as Coded[] }))
  const byCode = new Map(groups.map((group) => [group.entry.code, group]))
  for (const entry of categories) byCode.get(parentOf(entry))?.leaves.push(entry)
  for (const group of groups) if (!group.leaves.length) group.leaves.push(group.entry)
  return groups
}

const FOUND = 14

/** Leaves whose code, Chinese or English name or pinyin initials fit; code and name-start first. */
export function search(groups: readonly Group[], query: string): Coded[] {
  const wanted = query.trim()
  if (!wanted) return []
  const found: Array<[rank: number, leaf: Coded]> = []
  for (const group of groups) {
    const inGroup = matches(group.entry.zh, wanted)
    for (const leaf of group.leaves) {
      if (leaf.code.startsWith(wanted) || leaf.zh.startsWith(wanted)) found.push([0, leaf])
      else if (matches(leaf.zh, wanted) || leaf.en.toLowerCase().includes(wanted.toLowerCase())) found.push([1, leaf])
      else if (inGroup) found.push([2, leaf])
    }
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, FOUND).map(([, leaf]) => leaf)
}
