/** Carries out what `link.ts` decides: WebSocket, ticket, a tick a second. No decision is taken here. */
import { IDLE, step, type Link, type LinkCommand, type LinkEvent } from './link'
import type { ClientMessage, ServerMessage } from './types'

/** The part of WebSocket that is used; a test gives its own. */
export interface Wire {
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  send(data: string): void
  close(): void
}

export interface FeedDeps {
  getTicket(): Promise<string>
  open(ticket: string): Wire
  now(): number
  random(): number
  /** HTTP status of what getTicket threw; 0 for no answer. */
  statusOf(error: unknown): number
  onLink(link: Link): void
}

export class Feed {
  private link: Link = IDLE
  private wire: Wire | null = null
  /** Counts connections, so that a late event of an old one is not taken for the new one's. */
  private generation = 0

  constructor(private readonly deps: FeedDeps) {}

  start(): void {
    this.event({ type: 'start' })
  }

  stop(): void {
    this.event({ type: 'stop' })
  }

  tick(): void {
    this.event({ type: 'tick' })
  }

  wake(): void {
    this.event({ type: 'wake' })
  }

  /** Say something that is worth nothing once it is late: dropped while the line is not open. */
  say(message: ClientMessage): void {
    if (this.link.phase === 'live' || this.link.phase === 'degraded') this.wire?.send(JSON.stringify(message))
  }

  private event(event: LinkEvent): void {
    const before = this.link
    const { link, commands } = step(before, event, this.deps.now(), this.deps.random())
    this.link = link
    for (const command of commands) this.perform(command)
    if (link !== before) this.deps.onLink(link)
  }

  private perform(command: LinkCommand): void {
    switch (command.type) {
      case 'get_ticket':
        void this.fetchTicket()
        return
      case 'open':
        this.openWire(command.ticket)
        return
      case 'send':
        this.wire?.send(JSON.stringify(command.message))
        return
      case 'close':
        this.dropWire()
    }
  }

  private async fetchTicket(): Promise<void> {
    this.dropWire()
    const generation = this.generation
    try {
      const ticket = await this.deps.getTicket()
      if (generation === this.generation) this.event({ type: 'ticket', ticket })
    } catch (error) {
      if (generation === this.generation) this.event({ type: 'ticket_failed', status: this.deps.statusOf(error) })
    }
  }

  private openWire(ticket: string): void {
    const wire = this.deps.open(ticket)
    this.wire = wire
    wire.onopen = () => this.event({ type: 'opened' })
    wire.onclose = () => this.event({ type: 'closed' })
    wire.onmessage = (event) => {
      const message = read(event.data)
      if (message) this.event({ type: 'message', message })
    }
  }

  private dropWire(): void {
    this.generation += 1
    const wire = this.wire
    this.wire = null
    if (!wire) return
    wire.onopen = wire.onclose = wire.onmessage = null
    wire.close()
  }
}

function read(data: unknown): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(String(data))
    return message && typeof message === 'object' && 'type' in message ? (message as ServerMessage) : null
  } catch {
    return null
  }
}
