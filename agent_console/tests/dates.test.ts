// @vitest-environment happy-dom
import { createApp, defineComponent, h, nextTick, ref } from 'vue'
import { describe, expect, it } from 'vitest'
import DateField from '@/design/DateField.vue'
import { i18n } from '@/i18n'
import { problemOf, readDate, type DateKind } from '@/lib/dates'

describe('dates as people type them', () => {
  it.each<[string, DateKind, string | null]>([
    ['2026-11-22', 'day', '2026-11-22'],
    [' 2026/1/2 ', 'day', '2026-01-02'],
    ['2026.11.22', 'day', '2026-11-22'],
    ['2026年11月2日', 'day', '2026-11-02'],
    ['20261122', 'day', '2026-11-22'],
    ['', 'day', ''],
    ['11/22/2026', 'day', null],
    ['22.11.2026', 'day', null],
    ['2026-02-30', 'day', null],
    ['2028-02-29', 'day', '2028-02-29'],
    ['2026-13-01', 'day', null],
    ['2026-11-22 09:00', 'day', null],
    ['26-11-22', 'day', null],
    ['2026-11', 'month', '2026-11'],
    ['2026年1月', 'month', '2026-01'],
    ['202611', 'month', '2026-11'],
    ['2026-11-22', 'month', null],
    ['2026-00', 'month', null],
    ['2026-11-22 9:05', 'moment', '2026-11-22 09:05'],
    ['20261122 1405', 'moment', '2026-11-22 14:05'],
    ['2026-11-22T14:05', 'moment', '2026-11-22 14:05'],
    ['2026年11月22日 14点5分', 'moment', '2026-11-22 14:05'],
    ['2026-11-22 14：05', 'moment', '2026-11-22 14:05'],
    ['2026-11-22', 'moment', null],
    ['2026-11-22 24:00', 'moment', null],
    ['2026-11-22 2:05 PM', 'moment', null],
  ])('%s as a %s: %s', (typed, kind, wanted) => expect(readDate(typed, kind)).toBe(wanted))

  it('says what is wrong', () => {
    expect(problemOf('2026-1', 'day')).toBe('shape')
    expect(problemOf('2026-11-21', 'day', '2026-11-22')).toBe('early')
    expect(problemOf('2026-11-23 00:00', 'moment', '', '2026-11-22')).toBe('late')
    expect(problemOf('2026-10', 'month', '2026-11-22')).toBe('early')
    expect(problemOf('2026-11', 'month', '2026-11-22')).toBe(null)
    expect(problemOf('', 'day', '2026-11-22')).toBe(null)
  })
})

describe('the field', () => {
  async function field(kind: DateKind = 'day', start = '') {
    const value = ref<string | null | undefined>(start)
    const wrong = ref(false)
    const shell = defineComponent(() => () => h(DateField, {
      modelValue: value.value, 'onUpdate:modelValue': (now) => (value.value = now), wrong: wrong.value, 'onUpdate:wrong': (now) => (wrong.value = !!now), label: '日期', kind,
    }))
    const root = document.createElement('div')
    createApp(shell).use(i18n).mount(root)
    const input = root.querySelector<HTMLInputElement>('input[type="text"]')!
    const type = async (text: string, leave = true): Promise<void> => {
      input.value = text
      input.dispatchEvent(new Event('input'))
      if (leave) input.dispatchEvent(new Event('blur'))
      await nextTick()
      await nextTick()
    }
    return { value, wrong, root, input, type }
  }

  it('takes any usual spelling and shows one', async () => {
    const { value, input, type } = await field()
    await type('2026/1/2')
    expect([value.value, input.value, input.getAttribute('aria-invalid')]).toEqual(['2026-01-02', '2026-01-02', null])
  })

  it('says so when it cannot be read, keeps what was typed, and counts it as nothing', async () => {
    const { value, wrong, root, input, type } = await field('day', '2026-11-22')
    await type('11/22/2026', false)
    expect([value.value, wrong.value, root.querySelector('[role="alert"]')]).toEqual(['', true, null])
    await type('11/22/2026')
    const alert = root.querySelector('[role="alert"]')!
    expect(input.value).toBe('11/22/2026')
    expect(input.getAttribute('aria-describedby')).toBe(alert.id)
    expect(alert.textContent).toContain('2026-11-22')
    await type('')
    expect([value.value, wrong.value, root.querySelector('[role="alert"]')]).toEqual(['', false, null])
  })

  it('follows what the page sets', async () => {
    const { value, input } = await field('moment', '2026-11-22 09:00')
    value.value = '2026-11-23 10:30'
    await nextTick()
    expect(input.value).toBe('2026-11-23 10:30')
  })

  it('takes the calendar\'s day and keeps the time of day', async () => {
    const { value, root, input } = await field('moment', '2026-11-22 09:00')
    const calendar = root.querySelector<HTMLInputElement>('input[type="date"]')!
    calendar.value = '2026-12-01'
    calendar.dispatchEvent(new Event('change'))
    await nextTick()
    await nextTick()
    expect([value.value, input.value]).toEqual(['2026-12-01 09:00', '2026-12-01 09:00'])
  })
})
