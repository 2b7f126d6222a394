/** What happened on the board while the line was away: of my own state, my call, what rang for me, and danger to life. Pure. */
import type { Agent, Call, Emergency, Entity, Id, Offer } from './types'

export interface Change {
  code: 'state' | 'call_ended' | 'call_new' | 'held' | 'unheld' | 'transfer' | 'expert' | 'offers_gone' | 'offers_new' | 'emergencies'
  params: Record<string, string | number>
}

type Entities = Readonly<Record<string, Entity>>

const mine = (entities: Entities, agent: Id | null): Agent | undefined => entities[`agents/${agent}`] as Agent | undefined

function of<T>(entities: Entities, kind: string): Map<string, T> {
  return new Map(Object.entries(entities).filter(([key]) => key.startsWith(`${kind}/`)).map(([key, value]) => [key, value as T]))
}

function news<T>(before: Map<string, T>, after: Map<string, T>, wanted: (one: T) => boolean): [gone: number, come: number] {
  const gone = [...before].filter(([key, one]) => wanted(one) && !after.has(key)).length
  const come = [...after].filter(([key, one]) => wanted(one) && !before.has(key)).length
  return [gone, come]
}

export function whatChanged(before: Entities, after: Entities, agent: Id | null): Change[] {
  const found: Change[] = []
  const note = (code: Change['code'], params: Change['params'] = {}): void => void found.push({ code, params })
  const [me, now] = [mine(before, agent), mine(after, agent)]
  const id = me?.call_id
  if (id) {
    const was = before[`calls/${id}`] as Call | undefined
    const is = after[`calls/${id}`] as Call | undefined
    if (!is || (is.phase === 'ended' && was?.phase !== 'ended') || now?.call_id !== id) note('call_ended')
    else if (was) {
      if (Boolean(was.hold) !== Boolean(is.hold)) note(is.hold ? 'held' : 'unheld')
      if (is.transfer && is.transfer.state !== was.transfer?.state) note('transfer', { state: is.transfer.state })
    }
  }
  if (now?.call_id && now.call_id !== id) note('call_new')
  if (me && now && me.state !== now.state) note('state', { state: now.state })
  const [gone, come] = news(of<Offer>(before, 'offers'), of<Offer>(after, 'offers'), (offer) => offer.agent_ids.some((one) => String(one) === String(agent)))
  if (gone) note('offers_gone', { n: gone })
  if (come) note('offers_new', { n: come })
  const [, danger] = news(of<Emergency>(before, 'emergencies'), of<Emergency>(after, 'emergencies'), () => true)
  if (danger) note('emergencies', { n: danger })
  return found
}
