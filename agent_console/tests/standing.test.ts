import { describe, expect, it } from 'vitest'
import { standing } from '@/features/abuse/standing'

describe('standing of an abusive caller', () => {
  it('allows the first warning at once and never the end', () => {
    expect(standing(null, 100)).toEqual({ warnIn: 0, endIn: Infinity })
  })
  it('counts down to the second warning', () => {
    expect(standing({ warnings: 1, next_at: 120, hang_up_at: null }, 100.4)).toEqual({ warnIn: 20, endIn: Infinity })
    expect(standing({ warnings: 1, next_at: 120, hang_up_at: null }, 121)).toEqual({ warnIn: 0, endIn: Infinity })
  })
  it('unlocks the end some time after it', () => {
    expect(standing({ warnings: 2, next_at: null, hang_up_at: 130 }, 125)).toEqual({ warnIn: 0, endIn: 5 })
    expect(standing({ warnings: 2, next_at: null, hang_up_at: 130 }, 131)).toEqual({ warnIn: 0, endIn: 0 })
  })
})
