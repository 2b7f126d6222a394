/**
 * SIP in the page (JsSIP), loaded only when somebody uses a headset. It rings for nobody: whoever calls this page was asked to by
 * the agent a moment ago (accept, listen, call back), or is bringing a call back after a reload; so every call is answered at once.
 *
 * It never hangs up when the page goes: the conversation notices, plays music to the caller, and calls again.
 */
import { UA, WebSocketInterface } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { Credentials } from '@/api/headset'

export type Line = 'off' | 'connecting' | 'ready' | 'lost' | 'replaced'

export interface Hooks {
  credentials(): Promise<Credentials>
  microphone(): Promise<MediaStream>
  line(line: Line): void
  /** A call has begun (with its sound) or is over (null). `echo`: the self-test. */
  call(call: { echo: boolean; stream: MediaStream; microphone: MediaStream; connection: RTCPeerConnection } | null): void
  /** The microphone could not be had when a call came. */
  deaf(error: unknown): void
}

const REGISTER_SECONDS = 120
const RETRY_MS = 2_000
/** Addresses of this machine are known at once; nothing else is asked for. */
const GATHER_MS = 150
const PC_CONFIG: RTCConfiguration = { iceServers: [] }

export function address(): string {
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/api/headset/sip`
}

interface Live {
  session: RTCSession
  microphone: MediaStream
  echo: boolean
}

export class Phone {
  private ua: UA | null = null
  private realm = ''
  private live: Live | null = null
  private renewal: ReturnType<typeof setTimeout> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(private readonly hooks: Hooks) {}

  async start(): Promise<void> {
    this.stopped = false
    this.hooks.line('connecting')
    let first: Credentials
    try {
      first = await this.hooks.credentials()
    } catch {
      this.again(() => void this.start())
      return
    }
    if (this.stopped) return
    this.realm = first.realm
    const ua = new UA({
      sockets: [new WebSocketInterface(address())],
      uri: `sip:${first.user}@${first.realm}`,
      authorization_user: first.user,
      password: first.password,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
      user_agent: '12348 console',
    })
    this.ua = ua
    ua.on('registered', () => this.hooks.line('ready'))
    ua.on('registrationFailed', () => {
      if (ua.isConnected()) this.hooks.line('connecting')
      this.again(() => void this.renew(true))
    })
    ua.on('disconnected', (event: { code?: number; reason?: string }) => {
      // 4000: the house says good-bye for good, and why.
      if (event.code === 4000) this.leave(event.reason === 'headset.replaced' ? 'replaced' : 'off')
      else if (!this.stopped) this.hooks.line('lost')
    })
    // After a time away the old password may be too old.
    ua.on('connected', () => void this.renew(false))
    ua.on('newRTCSession', ({ session, originator }: { session: RTCSession; originator: string }) => {
      if (originator === 'remote') void this.answer(session)
    })
    this.keepFresh(first)
    ua.start()
  }

  stop(): void {
    this.leave('off')
  }

  /** Call the echo with this microphone. */
  echo(user: string, microphone: MediaStream): void {
    if (!this.ua || this.live) throw new Error('busy')
    const session = this.ua.call(`sip:${user}@${this.realm}`, { mediaStream: microphone, pcConfig: PC_CONFIG })
    this.watch(session, microphone, true)
  }

  /** End what is going on here, and here only: calls are ended by the house. */
  drop(): void {
    const live = this.live
    if (!live) return
    try {
      live.session.terminate()
    } catch {
      this.over(live)
    }
  }

  get busy(): boolean {
    return this.live !== null
  }

  private async answer(session: RTCSession): Promise<void> {
    let microphone: MediaStream
    try {
      microphone = await this.hooks.microphone()
    } catch (error) {
      this.hooks.deaf(error)
      refuse(session)
      return
    }
    const before = this.live
    try {
      this.watch(session, microphone, false)
      session.answer({ mediaStream: microphone, pcConfig: PC_CONFIG })
    } catch {
      stopTracks(microphone) // the call was taken back meanwhile
      if (this.live?.session === session) this.live = before
      return
    }
    if (before) {
      // The house calls again: what we had is of no use to it any more.
      try {
        before.session.terminate()
      } catch {
        // it had ended already
      }
      stopTracks(before.microphone)
    }
  }

  private watch(session: RTCSession, microphone: MediaStream, echo: boolean): void {
    const live: Live = { session, microphone, echo }
    this.live = live
    let timer: ReturnType<typeof setTimeout> | undefined
    session.on('icecandidate', (event: { ready: () => void }) => {
      clearTimeout(timer)
      timer = setTimeout(event.ready, GATHER_MS)
    })
    const listen = (connection: RTCPeerConnection): void => {
      connection.addEventListener('track', (event) => {
        const stream = event.streams[0] ?? new MediaStream([event.track])
        if (this.live === live) this.hooks.call({ echo, stream, microphone, connection })
      })
    }
    if (session.connection) listen(session.connection)
    else session.on('peerconnection', (event: { peerconnection: RTCPeerConnection }) => listen(event.peerconnection))
    session.on('ended', () => this.over(live))
    session.on('failed', () => this.over(live))
  }

  private over(live: Live): void {
    stopTracks(live.microphone)
    if (this.live !== live) return
    this.live = null
    this.hooks.call(null)
  }

  private leave(line: Line): void {
    this.stopped = true
    clearTimeout(this.renewal)
    clearTimeout(this.retry)
    const ua = this.ua
    this.ua = null
    if (this.live) {
      const live = this.live
      this.drop()
      this.over(live)
    }
    ua?.removeAllListeners()
    ua?.stop()
    this.hooks.line(line)
  }

  private again(what: () => void): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      if (!this.stopped) what()
    }, RETRY_MS)
  }

  private keepFresh(made: Credentials): void {
    clearTimeout(this.renewal)
    this.renewal = setTimeout(() => void this.renew(false), made.expires_in * 600)
  }

  /** The next password; `register` at once with it. */
  private async renew(register: boolean): Promise<void> {
    try {
      const made = await this.hooks.credentials()
      if (!this.ua) return
      this.ua.set('password', made.password)
      this.keepFresh(made)
      if (register && this.ua.isConnected()) this.ua.register()
    } catch {
      this.again(() => void this.renew(register))
    }
  }
}

function refuse(session: RTCSession): void {
  try {
    session.terminate({ status_code: 480, reason_phrase: 'No Microphone' })
  } catch {
    // it had ended already
  }
}

export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
