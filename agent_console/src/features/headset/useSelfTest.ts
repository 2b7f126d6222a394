/** The self-test: call the echo, listen to its announcement, measure what comes back while the person speaks, and say it in words. */
import { onBeforeUnmount, ref } from 'vue'
import { meter } from './sound'
import { useHeadset } from './store'
import { problemOf, verdict, type Finding } from './verdict'

const ANSWER_MS = 10_000
/** The announcement takes 4 s. */
const ANNOUNCEMENT_MS = 4_800
const SPEAK_MS = 7_000
const LOOK_MS = 100

export type Step = 'idle' | 'calling' | 'listen' | 'speak' | 'done'

export function useSelfTest() {
  const headset = useHeadset()
  const step = ref<Step>('idle')
  const finding = ref<Finding | null>(null)
  const sent = ref(0)
  const received = ref(0)
  /** How loud the microphone is now, 0 to 1. */
  const level = ref(0)
  let running = 0

  async function run(): Promise<void> {
    const mine = (running += 1)
    const wanted = (): boolean => mine === running
    const found = { answered: false, packetsSent: 0, packetsReceived: 0, microphone: 0, echo: 0, announcement: 0 }
    finding.value = null
    step.value = 'calling'
    try {
      await headset.startEcho()
    } catch (error) {
      headset.problem = problemOf(error)
      step.value = 'idle'
      return
    }
    const talk = await until(() => headset.talk, ANSWER_MS, wanted)
    const ears: Array<{ level(): number; close(): void }> = []
    if (talk && wanted()) {
      found.answered = await until(() => (talk.connection.connectionState === 'connected' ? true : null), ANSWER_MS, wanted) === true
      // Whether it rang at all is what counts as an answer; what does not flow shows in the packets.
      found.answered ||= headset.talk !== null
      const own = meter(talk.microphone)
      const heard = meter(talk.stream)
      ears.push(own, heard)
      step.value = 'listen'
      const began = Date.now()
      while (wanted() && headset.talk && Date.now() - began < ANNOUNCEMENT_MS + SPEAK_MS) {
        const speaking = Date.now() - began > ANNOUNCEMENT_MS
        if (speaking) step.value = 'speak'
        level.value = own.level()
        found.microphone = Math.max(found.microphone, level.value)
        if (speaking) found.echo = Math.max(found.echo, heard.level())
        else found.announcement = Math.max(found.announcement, heard.level())
        await pause(LOOK_MS)
      }
      for (const row of (await talk.connection.getStats()).values() as Iterable<{ type: string; packetsSent?: number; packetsReceived?: number }>) {
        if (row.type === 'outbound-rtp') found.packetsSent = row.packetsSent ?? 0
        if (row.type === 'inbound-rtp') found.packetsReceived = row.packetsReceived ?? 0
      }
    }
    for (const ear of ears) ear.close()
    if (!wanted()) return
    headset.dropEcho()
    level.value = 0
    sent.value = found.packetsSent
    received.value = found.packetsReceived
    finding.value = verdict(found)
    step.value = 'done'
  }

  function stop(): void {
    running += 1
    headset.dropEcho()
    step.value = 'idle'
    level.value = 0
  }

  onBeforeUnmount(() => {
    if (step.value !== 'idle' && step.value !== 'done') stop()
  })
  return { step, finding, sent, received, level, run, stop }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function until<T>(look: () => T | null, limit: number, wanted: () => boolean): Promise<T | null> {
  const end = Date.now() + limit
  while (wanted() && Date.now() < end) {
    const found = look()
    if (found) return found
    await pause(LOOK_MS)
  }
  return null
}
