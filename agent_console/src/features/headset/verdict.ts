/** What a self-test found, in words. Pure, so that every case is tested. */

export interface Measured {
  /** Whether the echo answered. */
  answered: boolean
  packetsSent: number
  packetsReceived: number
  /** Loudest the microphone was, 0 to 1. */
  microphone: number
  /** Loudest that came back while the microphone was heard, after the announcement, 0 to 1. */
  echo: number
  /** Loudest of the announcement, 0 to 1. */
  announcement: number
}

export type Finding = 'good' | 'no_answer' | 'no_sound_out' | 'no_sound_in' | 'microphone_silent' | 'no_echo'

/** Below this nobody hears anything: about -46 dBFS. */
export const AUDIBLE = 0.005
/** Half a second of packets. */
const SOME_PACKETS = 25

export function verdict(found: Measured): Finding {
  if (!found.answered) return 'no_answer'
  if (found.packetsSent < SOME_PACKETS) return 'no_sound_out'
  if (found.packetsReceived < SOME_PACKETS || found.announcement < AUDIBLE) return 'no_sound_in'
  if (found.microphone < AUDIBLE) return 'microphone_silent'
  return found.echo < AUDIBLE ? 'no_echo' : 'good'
}

/** Why a microphone could not be had, as a code of our own. */
export function problemOf(error: unknown): 'denied' | 'no_device' | 'in_use' | 'insecure' | 'unknown' {
  if (typeof navigator !== 'undefined' && !navigator.mediaDevices) return 'insecure'
  switch ((error as DOMException | null)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'no_device'
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use'
    default:
      return 'unknown'
  }
}
