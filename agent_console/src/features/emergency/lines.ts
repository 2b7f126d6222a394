/** Which line brings 110 or 120 in. Pure. */
import type { HotlineRow } from '@/api/types'

/** A division code without the zeros that only fill it up: 990100 → 9901, so that it is a prefix of what lies in it. */
const stem = (code: string): string => code.replace(/(00)+$/, '')

/** The area's own line for that service, the narrowest first, else the service's number itself; null when neither is on the list. */
export function lineFor(rows: readonly HotlineRow[], service: string, region: string): HotlineRow | null {
  const urgent = rows.filter((row) => row.category === 'emergency')
  const local = urgent
    .filter((row) => row.region_code && region.startsWith(stem(row.region_code)) && row.number.endsWith(service))
    .sort((a, b) => stem(b.region_code).length - stem(a.region_code).length)
  return local[0] ?? urgent.find((row) => row.number === service && !row.region_code) ?? urgent.find((row) => row.number === service) ?? null
}
