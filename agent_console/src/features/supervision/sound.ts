/** Two sounds that are not the ringing of an offer: a call for help (soft, once) and danger to life (hard, repeated). */

let context: AudioContext | null = null

function audio(): AudioContext | null {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume().catch(() => undefined)
  return context.state === 'running' ? context : null
}

/** Let the page sound: browsers allow it only after a person touched it. */
export function wakeSound(): void {
  audio()
}

function beeps(notes: ReadonlyArray<readonly [hertz: number, start: number, length: number]>, volume: number, type: OscillatorType): void {
  const out = audio()
  if (!out) return
  for (const [hertz, start, length] of notes) {
    const gain = out.createGain()
    gain.connect(out.destination)
    const from = out.currentTime + start
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(volume, from + 0.015)
    gain.gain.setValueAtTime(volume, from + length - 0.03)
    gain.gain.linearRampToValueAtTime(0, from + length)
    const tone = out.createOscillator()
    tone.type = type
    tone.frequency.value = hertz
    tone.connect(gain)
    tone.start(from)
    tone.stop(from + length)
  }
}

/** An agent asks for help. */
export function soundHelp(): void {
  beeps([[587, 0, 0.18], [784, 0.22, 0.3]], 0.12, 'sine')
}

/** Danger to life: heard across a room. */
export function soundAlarm(): void {
  beeps([[880, 0, 0.25], [660, 0.28, 0.25], [880, 0.56, 0.25], [660, 0.84, 0.25]], 0.2, 'square')
}
