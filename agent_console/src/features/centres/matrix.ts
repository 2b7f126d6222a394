/** Who sends what back to whom, as a square of places: rows send, columns return. */
import type { Bounce } from '@/api/centres'

export interface Place {
  id: string
  name: string
}

export interface Pair {
  from: Place
  to: Place
  count: number
  kept: number
  services: Bounce[]
}

export interface Matrix {
  from: Place[]
  to: Place[]
  pairs: Map<string, Pair>
  most: number
  total: number
  kept: number
}

/** Places shown at most on each side: those with the most come first, the rest is counted only. */
export const MOST = 12
export const RULES = '-'
export const key = (from: string, to: string): string => `${from}>${to}`

export function matrixOf(rows: readonly Bounce[], service: string, byRules: string): Matrix {
  const pairs = new Map<string, Pair>()
  for (const row of rows) {
    if (service && row.service_type !== service) continue
    const from = { id: row.sent_by ?? RULES, name: row.sent_by ? (row.sent_by_name ?? row.sent_by) : byRules }
    const to = { id: row.centre_id, name: row.centre_name ?? row.centre_id }
    const at = key(from.id, to.id)
    const pair = pairs.get(at) ?? { from, to, count: 0, kept: 0, services: [] }
    pair.count += row.count
    pair.kept += row.kept
    pair.services.push(row)
    pairs.set(at, pair)
  }
  const all = [...pairs.values()]
  const side = (of: (pair: Pair) => Place): Place[] => {
    const sums = new Map<string, { place: Place; count: number }>()
    for (const pair of all) {
      const place = of(pair)
      const sum = sums.get(place.id) ?? { place, count: 0 }
      sum.count += pair.count
      sums.set(place.id, sum)
    }
    return [...sums.values()].sort((a, b) => b.count - a.count || a.place.name.localeCompare(b.place.name)).slice(0, MOST).map((one) => one.place)
  }
  return {
    from: side((pair) => pair.from), to: side((pair) => pair.to), pairs, most: Math.max(1, ...all.map((pair) => pair.count)),
    total: all.reduce((sum, pair) => sum + pair.count, 0), kept: all.reduce((sum, pair) => sum + pair.kept, 0),
  }
}

/** Diameter of a dot, in px: its area is the count. */
export const dot = (count: number, most: number): number => Math.round(10 + 34 * Math.sqrt(count / most))
