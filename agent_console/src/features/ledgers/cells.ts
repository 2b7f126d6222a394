/** A cell as people read it. */
import type { Cell, Column } from '@/api/ledgers'
import { word } from '@/features/desk/names'
import type { useTicketWords } from '@/features/tickets/words'
import type { useCatalogue } from '@/lib/catalogue'
import { clock, dayAndTime } from '@/lib/time'

/** The console's names for the catalogue's lists. */
const LISTS: Readonly<Record<string, string>> = { matter_categories: 'categories' }
type Catalogue = ReturnType<typeof useCatalogue>
type TicketWords = ReturnType<typeof useTicketWords>

export function shown(value: Cell | undefined, column: Column, t: Parameters<typeof word>[0], catalogue: Catalogue, words: Pick<TicketWords, 'name'>): string {
  if (value === null || value === undefined || value === '') return ''
  switch (column.kind) {
    case 'time':
      return dayAndTime(value)
    case 'seconds':
      return Number(value) > 0 ? clock(Number(value)) : ''
    case 'code':
      return catalogue.name((LISTS[column.codes] ?? column.codes) as Parameters<Catalogue['name']>[0], value)
    case 'ticket_code':
      return words.name(column.codes, String(value))
    case 'state':
      return word(t, column.codes, String(value))
    case 'flag':
      return value ? '✓' : ''
    case 'hours':
      return Number(value) ? Number(value).toFixed(1) : ''
    default:
      return String(value)
  }
}
