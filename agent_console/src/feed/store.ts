/** The feed as the pages see it: reactive board, what belongs to me, and how the line is. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { IDLE, type Link } from './link'
import { Feed, type Wire } from './socket'
import { whatChanged, type Change } from './changes'
import type { Agent, Call, ClientMessage, Emergency, Entity, Expert, Figures, Id, Offer, Outbound, Queue, SharedForm } from './types'

/** Whether two ids mean the same (a server may write them as text or number). */
export const same = (a: Id | null | undefined, b: Id | null | undefined): boolean =>
  a !== null && a !== undefined && b !== null && b !== undefined && String(a) === String(b)

function feedUrl(ticket: string): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}/api/feed?ticket=${encodeURIComponent(ticket)}`
}

/** A shorter break, in which nothing happened, is not worth a word. Seconds. */
const AWAY_FROM = 8

export const useFeed = defineStore('feed', () => {
  const link = shallowRef<Link>(IDLE)
  /** Server time, Unix seconds, moved on twice a second while a page looks. */
  const now = ref(Date.now() / 1000)
  const agentId = ref<Id | null>(null)
  const quietSeconds = ref(0)
  let feed: Feed | null = null
  let worker: Worker | null = null
  let stopClock: (() => void) | null = null

  const entities = computed(() => link.value.board.entities)
  const live = computed(() => link.value.phase === 'live')
  const seen = computed(() => link.value.board.seq !== null)

  function all<T>(kind: string): T[] {
    const prefix = `${kind}/`
    return Object.entries(entities.value).filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as T)
  }

  const agents = computed(() => all<Agent>('agents'))
  const calls = computed(() => all<Call>('calls'))
  const queues = computed(() => all<Queue>('queues').sort((a, b) => a.name.localeCompare(b.name)))
  const experts = computed(() => all<Expert>('experts'))
  const outbound = computed(() => all<Outbound>('outbound')[0] ?? null)
  const forms = computed(() => all<SharedForm>('forms'))
  const emergencies = computed(() => all<Emergency>('emergencies'))
  const today = computed(() => (entities.value['figures/today'] as Figures | undefined) ?? null)
  const hour = computed(() => (entities.value['figures/hour'] as { minutes: [number, number, number, number][] } | undefined)?.minutes ?? [])
  const me = computed(() => agents.value.find((agent) => same(agent.id, agentId.value)) ?? null)
  const offers = computed(() =>
    all<Offer>('offers')
      .filter((offer) => offer.agent_ids.some((id) => same(id, agentId.value)))
      .sort((a, b) => (a.queued_at ?? a.made_at) - (b.queued_at ?? b.made_at)),
  )

  /** What was on the board when the line was lost, and what had changed when it was back. */
  let lost: { at: number; entities: Readonly<Record<string, Entity>> } | null = null
  const away = ref<{ seconds: number; changes: Change[] } | null>(null)

  function notice(was: Link, next: Link): void {
    if (was.phase === 'live' && next.phase !== 'live') lost ??= { at: was.heardAt || Date.now(), entities: was.board.entities }
    if (next.phase !== 'live' || was.phase === 'live' || !lost) return
    const seconds = Math.round((Date.now() - lost.at) / 1000)
    const changes = whatChanged(lost.entities, next.board.entities, agentId.value)
    lost = null
    if (changes.length || seconds >= AWAY_FROM) away.value = { seconds, changes }
  }

  function start(id: Id | null): void {
    stop()
    agentId.value = id
    feed = new Feed({
      getTicket: async () => (await api.feedTicket()).ticket,
      open: (ticket) => new WebSocket(feedUrl(ticket)) as Wire,
      now: Date.now,
      random: Math.random,
      statusOf: (error) => (error instanceof ApiError ? error.status : 0),
      onLink: (next) => {
        const was = link.value
        link.value = next
        notice(was, next)
      },
    })
    const running = feed
    const onTick = (): void => {
      running.tick()
      quietSeconds.value = link.value.heardAt ? Math.floor((Date.now() - link.value.heardAt) / 1000) : 0
    }
    const wake = (): void => running.wake()
    const clock = setInterval(() => {
      now.value = Date.now() / 1000 + link.value.board.offset
    }, 500)
    worker = new Worker(new URL('./ticker.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = onTick
    window.addEventListener('online', wake)
    document.addEventListener('visibilitychange', wake)
    stopClock = () => {
      clearInterval(clock)
      worker?.terminate()
      window.removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
    }
    feed.start()
  }

  function stop(): void {
    stopClock?.()
    stopClock = null
    feed?.stop()
    feed = null
    link.value = IDLE
    lost = null
    away.value = null
  }

  /** Take the seat back after "replaced by another log-in". */
  function takeOver(): void {
    feed?.start()
  }

  return { link, now, quietSeconds, entities, live, seen, agents, calls, queues, experts, outbound, offers, emergencies, forms, today, hour, me, agentId, away, start, stop, takeOver, say: (message: ClientMessage) => feed?.say(message), wake: () => feed?.wake() }
})
