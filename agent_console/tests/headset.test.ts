import { describe, expect, it } from 'vitest'
import { problemOf, verdict, type Measured } from '@/features/headset/verdict'

const good: Measured = { answered: true, packetsSent: 500, packetsReceived: 500, microphone: 0.1, echo: 0.08, announcement: 0.1 }

describe('the self-test in words', () => {
  it.each([
    [{}, 'good'],
    [{ answered: false }, 'no_answer'],
    [{ packetsSent: 0 }, 'no_sound_out'],
    [{ packetsReceived: 3 }, 'no_sound_in'],
    [{ announcement: 0 }, 'no_sound_in'],
    [{ microphone: 0.001, echo: 0 }, 'microphone_silent'],
    [{ echo: 0.001 }, 'no_echo'],
  ] as const)('%o is %s', (change, finding) => {
    expect(verdict({ ...good, ...change })).toBe(finding)
  })
})

describe('why there is no microphone', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'no_device'],
    ['NotReadableError', 'in_use'],
    ['SomethingNew', 'unknown'],
  ])('%s is %s', (name, code) => {
    Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: {} }, configurable: true })
    expect(problemOf({ name })).toBe(code)
  })
})
