/** Tones of what is owed, and whose phone it goes by. */
import type { Owed } from '@/api/ticketTasks'

export const KIND_TONE: Readonly<Record<Owed['kind'], string>> = { tell: 'call', follow_up: 'teal', quality: 'wrap', rectify: 'ring', report: 'danger' }
/** Kinds for which the person is called. */
export const BY_PHONE: readonly string[] = ['tell', 'follow_up', 'quality']
