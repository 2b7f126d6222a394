/** Microphones, loudspeakers and levels of this browser. What was chosen is kept here, in the browser: devices belong to the desk. */

export interface Choice {
  microphone: string
  headset: string
  ringer: string
  /** The browser takes noise and echo out of the voice. Good headsets do that themselves, and better. */
  clean: boolean
}

const KEY = 'hotline.headset'
export const AS_THE_SYSTEM: Choice = { microphone: '', headset: '', ringer: '', clean: true }

export function recall(): Choice {
  try {
    return { ...AS_THE_SYSTEM, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Choice>) }
  } catch {
    return { ...AS_THE_SYSTEM }
  }
}

export function remember(choice: Choice): void {
  localStorage.setItem(KEY, JSON.stringify(choice))
}

/** Opens the chosen microphone; when it is gone, whatever there is. Throws what the browser throws. */
export async function openMicrophone({ microphone: id, clean }: Pick<Choice, 'microphone' | 'clean'>): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new DOMException('insecure context', 'InsecureContext')
  const wanted: MediaTrackConstraints = { echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean }
  if (id) {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: { ...wanted, deviceId: { exact: id } } })
    } catch (error) {
      if (!['OverconstrainedError', 'NotFoundError'].includes((error as DOMException).name)) throw error
    }
  }
  return navigator.mediaDevices.getUserMedia({ audio: wanted })
}

export interface Devices {
  microphones: MediaDeviceInfo[]
  outputs: MediaDeviceInfo[]
}

export async function devices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
  // The two aliases of the system's own choice are offered as one entry of ours.
  const real = all.filter((one) => one.deviceId !== '' && one.deviceId !== 'default' && one.deviceId !== 'communications')
  return { microphones: real.filter((one) => one.kind === 'audioinput'), outputs: real.filter((one) => one.kind === 'audiooutput') }
}

/** Whether outputs can be chosen at all (Firefox and Safari have their own ideas). */
export const outputsCanBeChosen = typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype

/** Level of a stream, 0 to 1, whenever asked. Call `close` when done. */
export function meter(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext()
  void context.resume().catch(() => undefined)
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  const source = context.createMediaStreamSource(stream)
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    level() {
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const sample of samples) sum += sample * sample
      return Math.sqrt(sum / samples.length)
    },
    close() {
      source.disconnect()
      void context.close()
    },
  }
}
