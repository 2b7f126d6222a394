/** The agent's headset: which device rings, how the line is, mute, and what is wrong. Small; SIP itself is loaded on demand. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { headsetApi, type Device } from '@/api/headset'
import { useFeed } from '@/feed/store'
import { setRingOutput } from '@/features/desk/ring'
import { useSession } from '@/features/login/session'
import type { Line, Phone } from './phone'
import { devices as listDevices, openMicrophone, recall, remember, type Choice, type Devices } from './sound'
import { problemOf } from './verdict'

export type Problem = '' | 'denied' | 'no_device' | 'in_use' | 'insecure' | 'unknown' | 'blocked' | 'unplugged'
export interface Talk {
  echo: boolean
  stream: MediaStream
  microphone: MediaStream
  connection: RTCPeerConnection
}

const MUTED = 'hotline.headset.muted'
/** "Ready" waits so long for the line of the headset: a REGISTER takes well under a second, a connection in trouble is tried again every 2 s. */
const LINE_MS = 10_000
/** A call that the board no longer knows is dropped here after this: its last word may have been lost with the connection. */
const GONE_MS = 5_000

export const useHeadset = defineStore('headset', () => {
  const session = useSession()
  const feed = useFeed()
  const enabled = ref(false)
  const device = ref<Device>('phone')
  const echo = ref('echo')
  const line = ref<Line>('off')
  const problem = ref<Problem>('')
  const muted = ref(false)
  const open = ref(false)
  const talk = shallowRef<Talk | null>(null)
  const choice = ref<Choice>(recall())
  const found = shallowRef<Devices>({ microphones: [], outputs: [] })
  let phone: Phone | null = null
  let player: HTMLAudioElement | null = null

  const used = computed(() => enabled.value && device.value === 'headset')
  const talking = computed(() => talk.value !== null && !talk.value.echo)

  async function load(): Promise<void> {
    if (session.me?.agent_id == null) return
    const state = await headsetApi.get()
    enabled.value = state.enabled
    echo.value = state.echo
    device.value = state.device
    await follow()
  }

  async function choose(wanted: Device): Promise<void> {
    const state = await headsetApi.choose(wanted)
    device.value = state.device
    await follow()
  }

  /** Bring the line in accord with the choice. */
  async function follow(): Promise<void> {
    if (used.value && !phone) {
      const { Phone } = await import('./phone')
      phone = new Phone({ credentials: headsetApi.credentials, microphone, line: (now) => (line.value = now), call: begun, deaf: (error) => (problem.value = problemOf(error)) })
      void phone.start()
      void check()
    } else if (!used.value) {
      stop()
    }
  }

  function stop(): void {
    phone?.stop()
    phone = null
    line.value = 'off'
    problem.value = ''
  }

  /** Take the headset to this page after another one had it. */
  function takeOver(): void {
    phone?.stop()
    phone = null
    void follow()
  }

  async function microphone(): Promise<MediaStream> {
    const stream = await openMicrophone(choice.value)
    problem.value = ''
    const track = stream.getAudioTracks()[0]
    if (track) track.onended = () => (problem.value = talk.value ? 'unplugged' : problem.value)
    void refresh()
    return stream
  }

  /** Ask for the microphone once, so that what is wrong is known before the first caller. */
  async function check(): Promise<void> {
    try {
      for (const track of (await microphone()).getTracks()) track.stop()
    } catch (error) {
      problem.value = problemOf(error)
    }
  }

  async function refresh(): Promise<void> {
    found.value = await listDevices().catch(() => ({ microphones: [], outputs: [] }))
  }

  function begun(now: Talk | null): void {
    talk.value = now
    if (!now) {
      if (player) player.srcObject = null
      return
    }
    // After a reload or a crash in the middle of a call the agent is as quiet as before.
    const quiet = localStorage.getItem(MUTED)
    setMuted(!now.echo && quiet !== null && (!feed.me?.call_id || quiet === feed.me.call_id))
    void play(now.stream)
  }

  async function play(stream: MediaStream): Promise<void> {
    player ??= new Audio()
    player.srcObject = stream
    player.autoplay = true
    await useOutput()
    try {
      await player.play()
      if (problem.value === 'blocked') problem.value = ''
    } catch (error) {
      if ((error as DOMException).name === 'NotAllowedError') problem.value = 'blocked'
    }
  }

  /** Called from a click: the browser wants one before it lets the page sound. */
  function unblock(): void {
    if (talk.value) void play(talk.value.stream)
    else problem.value = ''
  }

  async function useOutput(): Promise<void> {
    const sink = player as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null
    await sink?.setSinkId?.(choice.value.headset).catch(() => undefined)
  }

  function setChoice(wanted: Partial<Choice>): void {
    const before = choice.value
    choice.value = { ...choice.value, ...wanted }
    remember(choice.value)
    void useOutput()
    setRingOutput(choice.value.ringer)
    if (choice.value.microphone !== before.microphone || choice.value.clean !== before.clean) void changeMicrophone()
  }

  /** Another microphone, in the middle of a call too. */
  async function changeMicrophone(): Promise<void> {
    const now = talk.value
    if (!now) return check()
    try {
      const stream = await microphone()
      const track = stream.getAudioTracks()[0]
      const sender = now.connection.getSenders().find((one) => one.track?.kind === 'audio' || one.track === null)
      if (!track || !sender) return
      track.enabled = !muted.value
      await sender.replaceTrack(track)
      for (const old of now.microphone.getAudioTracks()) {
        old.onended = null
        old.stop()
        now.microphone.removeTrack(old)
      }
      now.microphone.addTrack(track)
    } catch (error) {
      problem.value = problemOf(error)
    }
  }

  function setMuted(wanted: boolean): void {
    muted.value = wanted
    for (const track of talk.value?.microphone.getAudioTracks() ?? []) track.enabled = !wanted
    if (!talking.value) return
    if (wanted) localStorage.setItem(MUTED, feed.me?.call_id ?? '')
    else localStorage.removeItem(MUTED)
  }

  function toggleMute(): void {
    if (talking.value) setMuted(!muted.value)
  }

  /** Whether a call can come to this headset: waits a little for a line that is being made. True for a desk phone. */
  async function lineReady(): Promise<boolean> {
    const until = Date.now() + LINE_MS
    while (used.value && line.value !== 'ready' && line.value !== 'replaced' && Date.now() < until) await new Promise((done) => setTimeout(done, 100))
    return !used.value || line.value === 'ready'
  }

  async function startEcho(): Promise<void> {
    if (!phone || phone.busy) throw new Error('busy')
    phone.echo(echo.value, await microphone())
  }

  function dropEcho(): void {
    if (talk.value?.echo || !talking.value) phone?.drop()
  }

  setRingOutput(choice.value.ringer)
  navigator.mediaDevices?.addEventListener?.('devicechange', () => {
    void refresh()
    if (used.value && !talk.value) void check()
    else if (problem.value === 'unplugged') void changeMicrophone()
  })
  watch(() => session.me?.id, (id) => {
    if (id === undefined) {
      enabled.value = false
      stop()
    } else load().catch(() => undefined)
  }, { immediate: true })

  // What the board says goes before what the page believes.
  let goneSince = 0
  const busy = computed(() => Boolean(feed.me?.call_id) || Boolean(feed.me?.listening) || ['reserved', 'ringing', 'on_call'].includes(feed.me?.state ?? ''))
  watch(() => [feed.now, feed.live, busy.value] as const, () => {
    if (!talking.value || !feed.live || busy.value || !feed.me) {
      goneSince = 0
    } else if (!goneSince) {
      goneSince = Date.now()
    } else if (Date.now() - goneSince > GONE_MS) {
      goneSince = 0
      phone?.drop()
    }
  })
  watch(() => feed.me?.call_id ?? null, (id) => {
    if (!id && feed.live) localStorage.removeItem(MUTED)
  })

  return {
    enabled, device, line, problem, muted, open, talk, choice, found, used, talking,
    choose, setChoice, toggleMute, lineReady, startEcho, dropEcho, unblock, check, refresh, takeOver, load,
  }
})
