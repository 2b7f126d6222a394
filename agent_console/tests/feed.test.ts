import { describe, expect, it } from 'vitest'
import { BACKOFF_TO, DEAD_AFTER, DEGRADED_AFTER, IDLE, PING_EVERY, SNAPSHOT_WITHIN, backoff, step } from '@/feed/link'
import type { Link, LinkEvent, LinkCommand } from '@/feed/link'
import { EMPTY, reduce } from '@/feed/reducer'
import { Feed, type Wire } from '@/feed/socket'
import type { ServerMessage } from '@/feed/types'

const T0 = 1_000_000
const snapshot = (seq: number, state: Record<string, object> = {}): ServerMessage => ({ type: 'snapshot', seq, now: 1000, state })
const change = (seq: number, set: Record<string, object> = {}, del: string[] = []): ServerMessage => ({
  type: 'change', seq, now: 1001, set, del,
})

/** Runs events given as [milliseconds after T0, event]; returns the last link and every command. */
function play(events: Array<[number, LinkEvent]>, from: Link = IDLE): { link: Link; commands: LinkCommand[] } {
  let link = from
  const commands: LinkCommand[] = []
  for (const [at, event] of events) {
    const done = step(link, event, T0 + at)
    link = done.link
    commands.push(...done.commands)
  }
  return { link, commands }
}

const up: Array<[number, LinkEvent]> = [
  [0, { type: 'start' }],
  [10, { type: 'ticket', ticket: 't1' }],
  [20, { type: 'opened' }],
  [30, { type: 'message', message: snapshot(7, { 'agents/1': { id: 1, state: 'available' } }) }],
]

describe('notices', () => {
  it('counts what the server says, and asks for nothing', () => {
    const { link, commands } = play([...up, [40, { type: 'message', message: { type: 'notices', now: 1001 } }]])
    expect(link).toMatchObject({ phase: 'live', notices: 1, heardAt: T0 + 40 })
    expect(commands).toEqual(play(up).commands)
  })
})

describe('board', () => {
  it('takes a snapshot, then numbered changes and deletions', () => {
    let board = reduce(EMPTY, snapshot(3, { 'queues/a': { name: 'a', waiting: 1 } }) as never, 990).board
    expect(board).toMatchObject({ seq: 3, stale: false, offset: 10 })
    board = reduce(board, change(4, { 'queues/a': { name: 'a', waiting: 2 }, 'queues/b': { name: 'b' } }) as never, 991).board
    board = reduce(board, change(5, {}, ['queues/b']) as never, 991).board
    expect(board.entities).toEqual({ 'queues/a': { name: 'a', waiting: 2 } })
    expect(board.seq).toBe(5)
  })

  it('applies nothing after a gap, and asks once', () => {
    const start = reduce(EMPTY, snapshot(3, { x: { v: 1 } }) as never, 0).board
    const gap = reduce(start, change(5, { x: { v: 9 } }) as never, 0)
    expect(gap.refetch).toBe(true)
    expect(gap.board.entities).toEqual({ x: { v: 1 } })
    const more = reduce(gap.board, change(6, { x: { v: 10 } }) as never, 0)
    expect(more.refetch).toBe(false)
    expect(more.board.entities).toEqual({ x: { v: 1 } })
    const healed = reduce(more.board, snapshot(6, { x: { v: 10 } }) as never, 0).board
    expect(healed).toMatchObject({ stale: false, seq: 6, entities: { x: { v: 10 } } })
  })

  it('ignores a change it has already', () => {
    const start = reduce(EMPTY, snapshot(3, { x: { v: 1 } }) as never, 0).board
    expect(reduce(start, change(3, { x: { v: 0 } }) as never, 0)).toEqual({ board: start, refetch: false })
  })
})

describe('link', () => {
  it('is live only with the snapshot', () => {
    expect(play(up.slice(0, 3)).link.phase).toBe('connecting')
    const { link, commands } = play(up)
    expect(link.phase).toBe('live')
    expect(commands.map((c) => c.type)).toEqual(['get_ticket', 'open', 'send'])
  })

  it('sends refetch on a gap, is degraded until the snapshot, and starts anew when none comes', () => {
    const gap = play([...up, [100, { type: 'message', message: change(9) }]])
    expect(gap.link.phase).toBe('degraded')
    expect(gap.commands.at(-1)).toEqual({ type: 'send', message: { type: 'refetch' } })
    expect(play([[200, { type: 'message', message: { type: 'pong' } }]], gap.link).link.phase).toBe('degraded')
    expect(play([[200, { type: 'message', message: snapshot(12) }]], gap.link).link.phase).toBe('live')
    expect(play([[100 + SNAPSHOT_WITHIN, { type: 'tick' }]], gap.link).link.phase).toBe('lost')
  })

  it('pings every five seconds, is degraded when the answer is late, and heals on a pong', () => {
    const pinged = play([...up, [20 + PING_EVERY, { type: 'tick' }]])
    expect(pinged.commands.at(-1)).toEqual({ type: 'send', message: { type: 'ping' } })
    const late = play([[30 + DEGRADED_AFTER, { type: 'tick' }]], pinged.link)
    expect(late.link.phase).toBe('degraded')
    expect(play([[8000, { type: 'message', message: { type: 'pong' } }]], late.link).link.phase).toBe('live')
    const dead = play([[30 + DEAD_AFTER, { type: 'tick' }]], late.link)
    expect(dead.link.phase).toBe('lost')
    expect(dead.commands.at(-1)).toEqual({ type: 'close' })
  })

  it('reconnects for ever, with back-off up to its limit, keeping what it showed', () => {
    let { link } = play(up)
    let at = 1000
    for (let i = 0; i < 40; i += 1) {
      link = play([[at, { type: 'closed' }]], link).link
      expect(link.phase).toBe('lost')
      expect(link.board.stale).toBe(true)
      expect(Object.keys(link.board.entities)).toEqual(['agents/1'])
      const wait = link.retryAt - (T0 + at)
      expect(wait).toBeLessThanOrEqual(BACKOFF_TO * 1.25)
      expect(play([[at + wait - 1, { type: 'tick' }]], link).link.phase).toBe('lost')
      at += wait
      const again = play([[at, { type: 'tick' }]], link)
      expect(again.commands).toEqual([{ type: 'get_ticket' }])
      link = again.link
    }
    expect(backoff(0, 0)).toBeLessThan(backoff(3, 0))
  })

  it('tries at once when the network comes back, and forgets the back-off after a snapshot', () => {
    const lost = play([...up, [100, { type: 'closed' }]]).link
    const woken = play([[150, { type: 'wake' }]], lost)
    expect(woken.commands).toEqual([{ type: 'get_ticket' }])
    expect(play(up.slice(1), woken.link).link.attempts).toBe(0)
  })

  it.each([
    ['feed.replaced', 'replaced'],
    ['session.replaced', 'replaced'],
    ['session.logged_out', 'ended'],
    ['session.expired', 'ended'],
    ['feed.slow_reader', 'lost'],
    ['feed.rights_changed', 'lost'],
    ['server.stopping', 'lost'],
  ])('takes bye %s as %s', (code, phase) => {
    expect(play([...up, [50, { type: 'message', message: { type: 'bye', code } }]]).link.phase).toBe(phase)
  })

  it('is degraded while the server itself is blind, whatever pongs say, until the next snapshot', () => {
    const blind = play([...up, [50, { type: 'message', message: { type: 'degraded' } }], [60, { type: 'message', message: { type: 'pong' } }]])
    expect(blind.link.phase).toBe('degraded')
    expect(play([[70, { type: 'message', message: snapshot(2) }]], blind.link).link.phase).toBe('live')
  })

  it('ends when the ticket is refused, retries when the server is away', () => {
    expect(play([[0, { type: 'start' }], [1, { type: 'ticket_failed', status: 401 }]]).link.phase).toBe('ended')
    expect(play([[0, { type: 'start' }], [1, { type: 'ticket_failed', status: 0 }]]).link.phase).toBe('lost')
    expect(play([[0, { type: 'start' }], [1, { type: 'ticket_failed', status: 503 }]]).link.phase).toBe('lost')
  })
})

class FakeWire implements Wire {
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  sent: string[] = []
  closed = false
  send(data: string): void {
    this.sent.push(data)
  }
  close(): void {
    this.closed = true
  }
}

describe('feed', () => {
  it('goes from ticket to snapshot, survives rubbish, and opens a second wire after a loss', async () => {
    const wires: FakeWire[] = []
    const seen: Link[] = []
    let now = T0
    const feed = new Feed({
      getTicket: () => Promise.resolve('abc'),
      open: () => {
        const wire = new FakeWire()
        wires.push(wire)
        return wire
      },
      now: () => now,
      random: () => 0.5,
      statusOf: () => 0,
      onLink: (link) => seen.push(link),
    })
    feed.start()
    await Promise.resolve()
    await Promise.resolve()
    wires[0]!.onopen!()
    wires[0]!.onmessage!({ data: 'not json' })
    wires[0]!.onmessage!({ data: '{"type":"from_the_future"}' })
    wires[0]!.onmessage!({ data: JSON.stringify(snapshot(1, { a: {} })) })
    expect(seen.at(-1)!.phase).toBe('live')
    const late = wires[0]!.onmessage!
    wires[0]!.onclose!()
    expect(seen.at(-1)!.phase).toBe('lost')
    expect(wires[0]!.closed).toBe(true)
    late({ data: JSON.stringify(snapshot(99)) })
    expect(seen.at(-1)!.board.seq).toBe(1)
    now += 20_000
    feed.tick()
    await Promise.resolve()
    await Promise.resolve()
    expect(wires).toHaveLength(2)
  })
})
