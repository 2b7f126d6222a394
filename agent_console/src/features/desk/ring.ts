/** The sound of an incoming call, made by the browser: two tones, 0.4 s on, 0.2 s off, 0.4 s on, then 2 s of quiet. */

let context: AudioContext | null = null
let timer: ReturnType<typeof setInterval> | null = null

const PERIOD_MS = 3000
const BURSTS: ReadonlyArray<readonly [start: number, length: number]> = [[0, 0.4], [0.6, 0.4]]
const TONES_HZ = [523.25, 659.25] // C5 and E5: heard through a headset without startling

/** The loudspeaker it rings on; empty: the system's. The headset stays on the ear, the ringing is heard across the room. */
let output = ''

export function setRingOutput(id: string): void {
  output = id
  if (context) void useOutput(context)
}

async function useOutput(audio: AudioContext): Promise<void> {
  const sink = audio as AudioContext & { setSinkId?: (id: string) => Promise<void> }
  await sink.setSinkId?.(output).catch(() => undefined) // unplugged: the system's own
}

/** A browser lets a page sound only after a person touched it; call this from a click or key press. */
export async function allowSound(): Promise<boolean> {
  if (!context) {
    context = new AudioContext()
    if (output) void useOutput(context)
  }
  if (context.state === 'suspended') await context.resume().catch(() => undefined)
  return context.state === 'running'
}

export function soundAllowed(): boolean {
  return context?.state === 'running'
}

function burst(audio: AudioContext): void {
  const gain = audio.createGain()
  gain.connect(audio.destination)
  gain.gain.value = 0
  for (const [start, length] of BURSTS) {
    const from = audio.currentTime + start
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(0.12, from + 0.02) // ramps, or each edge clicks
    gain.gain.setValueAtTime(0.12, from + length - 0.05)
    gain.gain.linearRampToValueAtTime(0, from + length)
  }
  const end = audio.currentTime + 1.1
  for (const hertz of TONES_HZ) {
    const tone = audio.createOscillator()
    tone.frequency.value = hertz
    tone.connect(gain)
    tone.start()
    tone.stop(end)
  }
}

/** One burst, to hear where it comes from. */
export async function ringOnce(): Promise<void> {
  if (await allowSound()) burst(context!)
}

export function startRinging(): void {
  if (timer) return
  const once = (): void => {
    if (context?.state === 'running') burst(context)
  }
  once()
  timer = setInterval(once, PERIOD_MS)
}

export function stopRinging(): void {
  if (timer) clearInterval(timer)
  timer = null
}
