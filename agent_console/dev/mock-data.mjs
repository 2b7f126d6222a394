/** What the mock hotline knows: the shipped code lists, a small desk, and invented calls (all numbers masked). */
import { readFileSync } from 'node:fs'

const DATA = new URL('../../hotline/store/data/', import.meta.url)

/** Rows of one shipped list; quoted cells as in RFC 4180. */
function rows(name) {
  const lines = readFileSync(new URL(name, DATA), 'utf8').trim().split(/\r?\n/).filter((line) => !line.startsWith('#'))
  const cells = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((hit) => hit[1].replace(/^"|"$/g, '').replaceAll('""', '"'))
  const head = cells(lines[0]).filter(Boolean)
  return lines.slice(1).map((line) => {
    const values = cells(line)
    return Object.fromEntries(head.map((key, n) => [key, values[n] ?? '']).filter(([, value]) => value))
  })
}

export function catalogue() {
  const lists = [
    'service_types', 'caller_groups', 'dispositions', 'handover_results', 'risk_flags', 'languages', 'pause_reasons', 'rating_keys', 'skills', 'sexes', 'age_bands', 'relations',
    'stages', 'legal_aid_answers', 'not_accepted', 'notice_ways', 'key_events',
  ]
  return {
    categories: rows('matter_categories.csv'),
    regions: rows('demo_regions.csv').map((row) => ({ ...row, parent: row.parent ?? null })),
    ...Object.fromEntries(lists.map((name) => [name, rows(`${name}.csv`)])),
  }
}

const EXPERTS = [
  ['陈立诚', 'lawyer', ['LB', 'CT'], 'available'],
  ['吴晓岚', 'lawyer', ['LB', 'MF'], 'available'],
  ['林致远', 'legal_aid', ['LB', 'GN'], 'available'],
  ['沈国栋', 'mediator', ['GN'], 'on_call'],
  ['顾雪琴', 'notary', ['GN'], 'available'],
  ['何文昌', 'appraiser', ['GN'], 'off_duty'],
]
const AGENTS = [
  ['周敏', '8001', 'offline'],
  ['郑海燕', '8002', 'on_call'],
  ['孙浩', '8003', 'available'],
  ['马丽', '8004', 'paused'],
]

export function agentsAndExperts(now) {
  const state = {}
  AGENTS.forEach(([name, extension, what], n) => {
    const id = `agt_${n + 1}`
    state[`agents/${id}`] = { id, name, extension, state: what, reason: what === 'paused' ? 'meal' : '', since: now - 95 * n, skills: ['LB'], ...(n ? {} : { requested: null, wrap_up_until: null, call_id: null, offer_ids: [] }) }
  })
  EXPERTS.forEach(([name, kind, skills, what], n) => {
    const id = `exp_${n + 1}`
    state[`experts/${id}`] = { id, name, kind, skills, state: what, since: now - 700 + 61 * n }
  })
  for (const [name, waiting, ago] of [['MF', 0], ['LB', 0], ['CT', 1, 9], ['GN', 0]]) {
    state[`queues/${name}`] = { name, waiting, oldest_queued_at: waiting ? now - ago : null }
  }
  return state
}

const T = Math.floor(Date.now() / 1000)
const row = (n, minutes, caller, region, category, disposition, more = {}) => ({
  call_id: `call_${String(900 + n).padStart(18, '0')}`, state: 'closed', arrived_at: T - minutes * 60, answered_at: T - minutes * 60 + 1, queued_at: T - minutes * 60 + 14,
  agent_connected_at: T - minutes * 60 + 22, ended_at: T - minutes * 60 + 400, caller_masked: caller, region_hint: region, queue: 'LB', language: 'zh-CN', priority: 3, phase: 'goodbye',
  cause: 'completed', ended_by: 'agent', agent_id: 'agt_1', agent_name: '周敏', expert_id: null, expert_name: null, rating: 1, rating_outcome: 'rated', wait_seconds: 8,
  talk_seconds: 215 + 37 * n, category, disposition, outcome: 'consultation', ticket_number: null, form_incomplete: false, ...more,
})

export const CALLS = [
  row(1, 6, '138****5217', '临江市', '0201', 'D04', { outcome: 'ticket', ticket_number: '20261122-0007-41', expert_name: '林致远', expert_id: 'exp_3', ended_by: 'expert', rating: 1 }),
  row(2, 21, '010****36', '北京市', '0302', 'D01', { rating: 2 }),
  row(3, 34, '159****8810', '青溪县', '0105', 'D04', { outcome: 'ticket', ticket_number: '20261122-0006-12', priority: 1 }),
  row(4, 52, '匿名', '', null, null, { cause: 'abandoned', ended_by: 'caller', agent_id: null, agent_name: null, rating: null, rating_outcome: '', talk_seconds: 0, outcome: 'callback' }),
  row(5, 66, '136****0024', '临江市', '0501', 'D02', { expert_name: '陈立诚', expert_id: 'exp_1', rating: 4, ended_by: 'expert' }),
  row(6, 80, '187****4471', '临江市', '1101', 'D05', { outcome: 'ticket', ticket_number: '20261122-0005-80', rating: null, rating_outcome: 'caller_hung_up', ended_by: 'caller' }),
  row(7, 95, '0571****61', '杭州市', '1402', 'D12', { rating: null, rating_outcome: 'not_offered', talk_seconds: 19, ended_by: 'caller' }),
  row(8, 131, '133****9082', '城南区', '0403', 'D01', { rating: 1 }),
  row(9, 160, '150****3346', '江北区', '0301', null, { rating: null, rating_outcome: '', cause: 'system_failure', ended_by: 'system', outcome: 'callback', form_incomplete: true }),
  row(10, 188, '139****7715', '临江市', '0202', 'D01', { rating: 3 }),
]

export const TICKETS = [
  ['20261122-0007-41', 1, 'registered', '0201', 'S02', '990102', 2, '江北区公共法律服务中心', ['G01'], []],
  ['20261122-0006-12', 3, 'assigned', '0105', 'S02', '990121', 1, '青溪县公共法律服务中心', ['G04', 'G09'], ['R03']],
  ['20261122-0005-80', 6, 'handling', '1101', 'S02', '990103', 2, '城南区公共法律服务中心', ['G02'], []],
  ['20261121-0031-09', 8, 'told', '0403', 'S03', '990102101', 3, '白沙镇公共法律服务站', [], []],
  ['20261121-0028-74', 10, 'archived', '0202', 'S03', '990102', 3, '江北区公共法律服务中心', [], []],
].map(([number, n, state, category, service_type, region_code, priority, centre_name, caller_groups, risk_flags], i) => ({
  number, call_id: CALLS[n - 1].call_id, state, centre_id: 'c', centre_name, region_code, service_type, category, disposition: 'D04', priority, caller_number_masked: CALLS[n - 1].caller_masked,
  agent_id: 'agt_1', agent_name: '周敏', form_incomplete: false, created_at: T - 400 - 4000 * i, updated_at: T - 200, caller_groups, risk_flags, caller_name: '王**', id_number: i ? '' : '330501********1X',
  has_address: i === 0, has_opposing_party: true, dispatch_reason: '按事项发生地与服务类型派至区县中心',
  summary: '来电人与六名工友自 2026 年 6 月起在江北区某工地务工，包工头拖欠三个月工资，每人约 2.4 万元，有考勤记录和微信转账。\n多次催讨无果，10 月底项目已完工撤场。',
  request: '要求支付拖欠工资，申请法律援助。',
  events: [{ at: T - 400 - 4000 * i, actor: 'system', name: 'registered', data: {} }, { at: T - 380 - 4000 * i, actor: 'system', name: 'assigned', data: {} }].slice(0, state === 'registered' ? 1 : 2),
}))

export const TASKS = [
  ['task_1', 'call_back', '133****2290', '临江市江北区', 'in_queue', 'open', 'LB', 2, 0, 11, 0, 19, ''],
  ['task_2', 'call_back', '189****6604', '临江市', 'abandoned', 'open', 'GN', 1, 0, 44, -14, -2, ''],
  ['task_3', 'follow_up', '150****3346', '临江市白沙镇', 'rated_4', 'open', 'MF', 1, 0, 95, -3, 60, ''],
  ['task_4', 'call_back', '136****7781', '', 'queue_timeout', 'open', 'CT', 3, 1, 70, 14, -40, 'busy'],
  ['task_5', 'call_back', '137****0815', '临江市', 'abandoned', 'done', 'GN', 1, 1, 120, -90, -90, 'reached'],
  ['task_6', 'call_back', '138****4410', '临江市', 'system_failure', 'given_up', 'LB', 1, 3, 300, -120, -270, 'no_answer'],
].map(([id, kind, caller_masked, region_hint, reason, state, queue, calls, tries, ago, due, deadline, result]) => ({
  id, kind, call_id: CALLS[8].call_id, caller_masked, region_hint, reason, state, queue, priority: 3, calls, tries, created_at: T - ago * 60, place_at: T - ago * 60,
  due_at: T + due * 60, deadline_at: T + deadline * 60, expires_at: T + 86_400, closed_at: ['open', 'calling'].includes(state) ? null : T - 5000, result, close_reason: '',
  agent_id: null, agent_name: null, mine: kind !== 'follow_up', answers: {}, tries_made: [],
}))

export function callDetail(id, live) {
  const found = CALLS.find((one) => one.call_id === id)
  if (!found) return { ...CALLS[0], ...live, call_id: id, state: 'live', rating: null, timeline: [], talks: [], tries: [], recordings: [], rating_row: null, ticket: null, history: [CALLS[0], CALLS[9]] }
  const at = found.arrived_at
  const fact = (name, seconds, data = {}) => ({ name, at: at + seconds, source: 'conversation', data })
  const timeline = [
    fact('call_arrived', 0, { caller_masked: found.caller_masked, region_hint: found.region_hint }), fact('call_answered', 0.1), fact('notice_played', 9, { prompt: 'notice' }), fact('flow_moved', 9, { node: 'menu' }),
    fact('queue_entered', 14, { queue: 'LB', priority: 'P2' }), fact('offer_made', 14.3, { agent_ids: ['agt_1'] }), fact('offer_accepted', 18, { agent_id: 'agt_1' }), fact('agent_ringing', 18.4, { agent_id: 'agt_1' }),
    fact('queue_left', 22, { reason: 'connected' }), fact('agent_connected', 22, { agent_id: 'agt_1' }), fact('recording_started', 22), fact('hold_started', 95), fact('hold_ended', 121),
    fact('transfer_started', 150, { agent_id: 'agt_1' }), fact('expert_ringing', 151, { expert_id: 'exp_1' }), fact('expert_tried', 171, { expert_id: 'exp_1', outcome: 'no_answer', seconds: 20 }),
    fact('expert_ringing', 172, { expert_id: 'exp_2' }), fact('expert_answered', 176, { expert_id: 'exp_2' }), fact('expert_tried', 184, { expert_id: 'exp_2', outcome: 'refused', seconds: 12 }),
    fact('expert_ringing', 185, { expert_id: 'exp_3' }), fact('expert_answered', 189, { expert_id: 'exp_3' }), fact('expert_connected', 197, { expert_id: 'exp_3' }), fact('transfer_ended', 197, { outcome: 'connected' }),
    fact('agent_left', 197, { agent_id: 'agt_1', ended_by: 'transfer' }), fact('expert_left', 380, { expert_id: 'exp_3', ended_by: 'expert' }), fact('rating_offered', 380.5),
    fact('rated', 388, { score: 1, person_id: 'exp_3' }), fact('call_ended', 392, { cause: 'completed', ended_by: 'flow' }),
  ]
  return {
    ...found, timeline,
    talks: [
      { talk_id: 't1', person_kind: 'agent', person_id: 'agt_1', person_name: '周敏', started_at: at + 22, ended_at: at + 197, ended_by: 'transfer' },
      { talk_id: 't2', person_kind: 'expert', person_id: 'exp_3', person_name: '林致远', started_at: at + 197, ended_at: at + 380, ended_by: 'expert' },
    ],
    tries: [['exp_1', '陈立诚', 'no_answer', 151], ['exp_2', '吴晓岚', 'refused', 172], ['exp_3', '林致远', 'accepted', 185]].map(([expert_id, expert_name, outcome, s]) => ({ try_id: expert_id, transfer_id: 'x', expert_id, expert_name, outcome, dialled_at: at + s, ended_at: at + s + 12, sip_code: 0, seconds: 12 })),
    rating_row: { score: 1, talk_id: 't2', person_kind: 'expert', person_id: 'exp_3', person_name: '林致远', method: 'rfc4733', at: at + 388 },
    recordings: [
      { recording_id: 'rec_1', talk_id: 't1', person_kind: 'agent', person_id: 'agt_1', person_name: '周敏', started_at: at + 22, seconds: 175, state: 'sealed', reason: '' },
      { recording_id: 'rec_2', talk_id: 't2', person_kind: 'expert', person_id: 'exp_3', person_name: '林致远', started_at: at + 197, seconds: 183, state: 'sealed', reason: '' },
    ],
    ticket: null,
    history: [CALLS[9]],
  }
}
