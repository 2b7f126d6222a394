import { describe, expect, it } from 'vitest'
import { asTheme, shownTheme } from '@/design/appearance'
import { readHours, written } from '@/features/admin/hours'
import { isCurrent, NAV, navFor, rolesOf } from '@/nav'

describe('appearance', () => {
  it('goes by the wish, and by the system without one', () => {
    expect(shownTheme('auto', true)).toBe('dark')
    expect(shownTheme('auto', false)).toBe('light')
    expect(shownTheme('light', true)).toBe('light')
    expect(shownTheme('dark', false)).toBe('dark')
    expect(asTheme('purple')).toBe('auto')
    expect(asTheme(null)).toBe('auto')
  })
})

describe('navigation', () => {
  it('shows a role its own pages only, and no empty group', () => {
    const names = (role: string): string[] => navFor(role).flatMap((group) => group.pages.map((page) => page.name))
    expect(names('agent')).not.toContain('people')
    expect(names('agent')).not.toContain('board')
    expect(names('supervisor')).toContain('roster')
    expect(names('supervisor')).not.toContain('flows')
    expect(names('admin')).toEqual(NAV.flatMap((group) => group.pages).filter((page) => page.roles.includes('admin')).map((page) => page.name))
    expect(names('admin')).toContain('flows')
    expect(names('expert')).toEqual([])
    for (const role of ['agent', 'supervisor', 'admin']) for (const group of navFor(role)) expect(group.name ? group.pages.length > 1 : true).toBe(true)
  })

  it('knows the page that stands behind a detail, and who may open it', () => {
    const flows = NAV.flatMap((group) => group.pages).find((page) => page.name === 'flows')!
    expect(isCurrent(flows, 'flow')).toBe(true)
    expect(rolesOf('flow')).toEqual(['admin'])
    expect(rolesOf('password')).toBeNull()
  })
})

describe('hours as written', () => {
  it('are read back as they were written', () => {
    for (const hours of [[], [[510, 1050]], [[510, 720], [810, 1050]], [[1080, 480]]] as [number, number][][]) expect(readHours(written(hours))).toEqual(hours)
  })

  it('take what people type and refuse what is no time', () => {
    expect(readHours('8:30-12:00，13:30—17:30')).toEqual([[510, 720], [810, 1050]])
    expect(readHours('08:30至20:30')).toEqual([[510, 1230]])
    expect(readHours('  ')).toEqual([])
    for (const text of ['8:30', '25:00-26:00', 'always', '08:30-12:61']) expect(readHours(text)).toBeNull()
  })
})
