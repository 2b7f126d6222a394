/**
 * A hotline that is not there: the HTTP API and the feed of docs/protocol.md with a scripted call, for work on the
 * console and for its browser test. Development only; nothing here is shipped or believed.
 *
 *   node dev/mock.mjs            listens on 127.0.0.1:$MOCK_PORT (51801), serves dist/ too
 *   MOCK_SPEED=5                 the script runs five times as fast
 *   POST /mock/{drop,mute,gap,conflict,fail-experts}   attacks on the feed and the form
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { catalogue, CALLS, TICKETS, TASKS, agentsAndExperts, callDetail } from './mock-data.mjs'

const PORT = Number(process.env.MOCK_PORT ?? 51801)
const SPEED = Number(process.env.MOCK_SPEED ?? 1)
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const ME = { id: 'acc_1', username: 'desk1', name: '周敏', role: 'agent', agent_id: 'agt_1', extension: '8001', language: 'zh-CN', demo: true }
const POLICY = "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'"

const now = () => Date.now() / 1000
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / SPEED))

// the board, and who looks at it
const state = { ...agentsAndExperts(now()), 'outbound/state': { on: true, by: '', last_hour: 12, per_hour: 300, due: 3 } }
const feeds = new Set()
let muted = false
let skip = 0
function set(entities, del = []) {
  Object.assign(state, entities)
  for (const key of del) delete state[key]
  for (const feed of feeds) {
    feed.seq += 1
    if (skip > 0) continue
    feed.send({ type: 'change', seq: feed.seq, now: now(), set: entities, del })
  }
  if (skip > 0) skip -= 1
}
const me = () => state['agents/agt_1']
const mine = (change) => set({ 'agents/agt_1': { ...me(), since: now(), ...change } })
const call = (id, change) => set({ [`calls/${id}`]: { ...state[`calls/${id}`], ...change } })

// the script of one call
let count = 0
let cancelled = false
const forms = new Map()
const closed = []
async function ring() {
  count += 1
  const id = `call_${String(count).padStart(18, '0')}`
  const offer = `off_${String(count).padStart(18, '0')}`
  const at = now()
  const caller = { caller_masked: '138****5217', region_hint: '临江市' }
  set({
    [`calls/${id}`]: { call_id: id, phase: 'queue', ...caller, arrived_at: at - 14, queued_at: at - 6, answered_at: null, queue: 'LB', priority: 3, agent_id: null, expert_id: null, hold: false, recording: false, transfer: null, rating: null },
    [`offers/${offer}`]: { offer_id: offer, call_id: id, agent_ids: ['agt_1'], made_at: at, expires_at: at + 20, ...caller, queue: 'LB', queued_at: at - 6 },
    'queues/LB': { name: 'LB', waiting: 1, oldest_queued_at: at - 6 },
  })
  setTimeout(() => state[`offers/${offer}`] && set({ 'queues/LB': { name: 'LB', waiting: 0, oldest_queued_at: null } }, [`offers/${offer}`, `calls/${id}`]), 20_000)
}
const TASK_VIEWS = {
  due: (row) => row.state === 'open' && row.due_at <= now(),
  later: (row) => row.state === 'open' && row.due_at > now(),
  mine: () => false,
  done: (row) => row.state !== 'open',
}
const why = (task) => ({ task_id: task.id, kind: task.kind, reason: task.reason, calls: task.calls, tries: task.tries, of_call: task.call_id })
/** A call that we make is offered: there is nobody on the line yet. */
function offerTask(task) {
  const at = now()
  set({ 'offers/off_task': { offer_id: 'off_task', call_id: 'call_000000000000000900', agent_ids: ['agt_1'], made_at: at, expires_at: at + 20, caller_masked: task.caller_masked, region_hint: task.region_hint, queue: task.queue, queued_at: task.place_at, kind: task.kind, task: why(task) } })
}
/** My phone first, then theirs. */
function callOut(task) {
  const id = 'call_000000000000000901'
  set({ [`calls/${id}`]: { call_id: id, phase: 'agent_ringing', caller_masked: task.caller_masked, region_hint: task.region_hint, arrived_at: now(), queued_at: task.place_at, queue: task.queue, priority: 0, agent_id: 'agt_1', direction: 'outbound', task: why(task) } })
  mine({ state: 'ringing', call_id: id })
  setTimeout(() => call(id, { phase: 'calling' }), 1500 / SPEED)
  return { call_id: id }
}
async function accepted(offer) {
  const id = offer.call_id
  set({ 'queues/LB': { name: 'LB', waiting: 0, oldest_queued_at: null } }, [`offers/${offer.offer_id}`])
  mine({ state: 'reserved', call_id: id })
  await sleep(0.3)
  call(id, { phase: 'agent_ringing', agent_id: 'agt_1' })
  mine({ state: 'ringing' })
  await sleep(1.5)
  call(id, { phase: 'agent_talk', answered_at: now(), recording: true })
  mine({ state: 'on_call' })
}
async function transfer(id, wish) {
  cancelled = false
  const free = Object.values(state).filter((one) => one.kind && one.state === 'available')
  const order = wish ? [state[`experts/${wish}`], ...free.filter((one) => one.id !== wish)] : free
  const hunt = { transfer_id: `trf_${Date.now()}`, state: 'trying', tries: [] }
  call(id, { phase: 'transfer', transfer: hunt })
  const endings = ['no_answer', 'refused', 'accepted']
  for (let n = 0; n < 3 && n < order.length; n += 1) {
    const expert = order[n]
    hunt.tries.push({ try_id: `try_${n}`, expert_id: expert.id, expert_name: expert.name, state: 'dialling', at: now() })
    set({ [`experts/${expert.id}`]: { ...expert, state: 'reserved', since: now() } })
    const steps = endings[n] === 'no_answer' ? ['dialling', 'ringing'] : ['dialling', 'ringing', 'answered']
    for (const step of [...steps, endings[n]]) {
      if (cancelled) break
      hunt.tries[n].state = step
      call(id, { transfer: structuredClone(hunt) })
      await sleep(step === 'ringing' ? 2.5 : 0.9)
    }
    if (cancelled) hunt.tries[n].state = 'cancelled'
    const won = hunt.tries[n].state === 'accepted'
    set({ [`experts/${expert.id}`]: { ...expert, state: won ? 'on_call' : 'available', since: now() } })
    if (cancelled) {
      hunt.state = 'cancelled'
      call(id, { phase: 'agent_talk', transfer: structuredClone(hunt) })
      return
    }
    if (won) {
      hunt.state = 'connected'
      call(id, { phase: 'expert_talk', expert_id: expert.id, transfer: structuredClone(hunt) })
      wrapUp(id)
      return
    }
  }
  hunt.state = 'returned'
  call(id, { phase: 'agent_talk', transfer: structuredClone(hunt) })
}
async function wrapUp(id) {
  mine({ state: 'wrap_up', wrap_up_until: now() + 60, call_id: id })
  await sleep(8)
  if (state[`calls/${id}`]) call(id, { phase: 'rating', rating: 1 })
  closed.push(id)
}

// HTTP
class Refused extends Error {
  constructor(status, code, zh, en, details = {}) {
    super(code)
    Object.assign(this, { status, code, zh, en, details })
  }
}
const need = (found, status, code, zh, en) => {
  if (!found) throw new Refused(status, code, zh, en)
  return found
}
const RULES = {
  required: ['disposition', 'category', 'matter_region', 'service_type', 'facts', 'caller_name'], short: ['disposition', 'category'],
  short_dispositions: ['D09', 'D11', 'D12'], more: { D01: ['advice'], D06: ['handover_result'], D08: ['not_accepted', 'advice'] },
  private: { id_number: ['D05'], address: ['D03', 'D04', 'D05', 'D07'] }, limits: {},
  materials: [{ service: 'S02', code: 'M0201', zh: '法律援助申请表', en: 'Application form for legal aid', source: '' }],
}
const AID = { code: 'LA31-5', zh: '请求确认劳动关系或支付劳动报酬', en: 'Employment relation or wages', source: '法律援助法31' }
const limitOf = (one) => ({
  code: 'LM-2', event: one.event, date: one.date, last_day: '2026-11-27', left: 5, state: 'urgent', provisional: false, zh: '劳动仲裁申请时效', en: 'Time bar for labour arbitration',
  source: '劳动争议调解仲裁法27',
})
function hintsOf(fields) {
  const limits = (fields.key_dates ?? []).filter((one) => one.event && one.date).map(limitOf)
  return {
    legal_aid: fields.category === '0201' ? [AID] : [], limits, flags: limits.length && !fields.risk_flags?.includes('R07') ? [{ flag: 'R07', why: 'limit', word: '' }] : [],
    wording: [{ code: 'W-A1', kind: 'avoid', zh: '不承诺结果', en: 'Promise no result' }, { code: 'W-S1', kind: 'say', zh: '答复仅供参考', en: 'This is guidance' }],
    notice: fields.missing_materials?.length ? { zh: `还需补充：${fields.missing_materials.join('；')}`, en: 'More papers are needed' } : { zh: '', en: '' }, priority: limits.length ? 1 : 3,
  }
}
const formOf = (id) => forms.get(id) ?? forms.set(id, { version: 0, fields: {}, versions: {}, submitted_at: null, saved_at: null }).get(id)
const told = (form) => ({ ...form, hints: hintsOf(form.fields), conflicts: {}, refused: {} })
function edit(id, edits) {
  const form = formOf(id)
  if (form.submitted_at) throw new Refused(409, 'form.submitted', '登记表已提交，不能再修改。', 'The form has been submitted.')
  const conflicts = {}
  for (const [field, { base, value }] of Object.entries(edits)) {
    if (base !== (form.versions[field] ?? 0)) conflicts[field] = { value: form.fields[field], version: form.versions[field], by_name: '李娜', at: now() }
    else Object.assign(form, { fields: { ...form.fields, [field]: value }, versions: { ...form.versions, [field]: base + 1 } })
  }
  Object.assign(form, { version: form.version + 1, saved_at: now() })
  return { ...told(form), conflicts }
}
function save(id, body) {
  const form = formOf(id)
  if (form.submitted_at) throw new Refused(409, 'form.submitted', '登记表已提交，不能再修改。', 'The form has been submitted.')
  if (body.version !== form.version) throw new Refused(409, 'form.version', '登记表已在别处保存。', 'Saved elsewhere.', { version: form.version })
  Object.assign(form, { version: form.version + 1, fields: body.fields, saved_at: now() })
  return form
}
const mineCall = (id) => need(state[`calls/${id}`], 409, 'call.gone', '通话已经结束。', 'The call has ended.')

const ROUTES = [
  ['POST', /^\/api\/login$/, (_, body) => {
    if (body.password === 'wrong') throw new Refused(401, 'auth.wrong', '用户名或密码不正确。', 'Wrong user name or password.')
    return { token: 't', ...ME }
  }],
  ['POST', /^\/api\/logout$/, () => ({ ok: true })],
  ['GET', /^\/api\/me$/, () => ME],
  ['GET', /^\/api\/status$/, () => ({ demo: true })],
  ['POST', /^\/api\/feed\/ticket$/, () => ({ ticket: 'mock' })],
  ['GET', /^\/api\/catalogue$/, () => catalogue()],
  ['PUT', /^\/api\/agents\/me\/state$/, (_, body) => {
    const busy = ['reserved', 'ringing', 'on_call', 'wrap_up'].includes(me().state)
    setTimeout(() => (busy ? set({ 'agents/agt_1': { ...me(), requested: body.state } }) : mine({ state: body.state, reason: body.reason })), 150)
    return { ok: true }
  }],
  ['POST', /^\/api\/agents\/me\/end-wrap-up$/, () => {
    mine({ state: me().requested ?? 'available', requested: null, call_id: null, wrap_up_until: null })
    return { ok: true }
  }],
  ['POST', /^\/api\/offers\/(\w+)\/accept$/, ([id]) => {
    const offer = need(state[`offers/${id}`], 409, 'offer.gone', '该来电已被接听或已离开。', 'The offer is gone.')
    setTimeout(() => accepted(offer), 200)
    return { call_id: offer.call_id }
  }],
  ['POST', /^\/api\/offers\/(\w+)\/decline$/, ([id]) => {
    const offer = need(state[`offers/${id}`], 409, 'offer.gone', '该来电已被接听或已离开。', 'The offer is gone.')
    set({}, [`offers/${id}`, `calls/${offer.call_id}`])
    return { ok: true }
  }],
  ['POST', /^\/api\/calls\/(\w+)\/(hold|unhold)$/, ([id, what]) => {
    mineCall(id)
    setTimeout(() => call(id, { hold: what === 'hold', phase: what === 'hold' ? 'hold' : 'agent_talk' }), 250)
    return { ok: true }
  }],
  ['POST', /^\/api\/calls\/(\w+)\/hang-up$/, ([id]) => {
    mineCall(id)
    cancelled = true
    setTimeout(() => {
      call(id, { phase: 'rating', recording: false })
      wrapUp(id)
    }, 250)
    return { ok: true }
  }],
  ['POST', /^\/api\/calls\/(\w+)\/transfer$/, ([id], body) => {
    mineCall(id)
    setTimeout(() => transfer(id, body.expert_id), 200)
    return { transfer_id: 'trf' }
  }],
  ['POST', /^\/api\/calls\/(\w+)\/cancel-transfer$/, () => {
    cancelled = true
    return { ok: true }
  }],
  ['GET', /^\/api\/calls$/, (_, __, query) => {
    const rows = CALLS.filter((row) => (!query.get('state') || row.state === query.get('state')) && (!query.get('q') || JSON.stringify(row).includes(query.get('q'))))
    return { items: rows, next: null }
  }],
  ['GET', /^\/api\/catalogue\/form-rules$/, () => RULES],
  ['GET', /^\/api\/calls\/(\w+)\/caller$/, (_, __, query) => ({
    known: true, open_tickets: TICKETS.slice(0, 1), calls: CALLS.slice(0, 5), total: 7, recent: 3, days: 30, repeat: true, more: false,
    same_matter: { calls: query.get('category') === '0201' ? [CALLS[0].call_id] : [], tickets: [] },
  })],
  ['GET', /^\/api\/calls\/(\w+)\/form$/, ([id]) => told(formOf(id))],
  ['PATCH', /^\/api\/calls\/(\w+)\/form$/, ([id], body) => edit(id, body.edits)],
  ['POST', /^\/api\/calls\/(\w+)\/form\/submit$/, ([id], body) => {
    const lacking = RULES.required.filter((field) => !body.fields[field])
    if (lacking.length) throw new Refused(422, 'form.incomplete', '登记表还有必填项未填。', 'Required fields are missing.', { fields: lacking })
    const form = save(id, body)
    form.submitted_at = now()
    return told(form)
  }],
  ['POST', /^\/api\/calls\/(\w+)\/reveal$/, () => ({ number: '13800005217' })],
  ['GET', /^\/api\/calls\/(\w+)$/, ([id]) => callDetail(id, state[`calls/${id}`])],
  ['GET', /^\/api\/experts$/, () => ({ items: Object.values(state).filter((one) => one.kind && one.state !== 'off_duty'), next: null })],
  ['GET', /^\/api\/tickets$/, (_, __, query) => ({ items: TICKETS.filter((row) => !query.get('state') || row.state === query.get('state')), next: null })],
  ['GET', /^\/api\/tickets\/([\w-]+)$/, ([number]) => need(TICKETS.find((row) => row.number === number), 404, 'ticket.missing', '没有这张工单，或您无权查看。', 'There is no such ticket.')],
  ['GET', /^\/api\/tasks$/, (_, __, query) => ({ items: TASKS.filter(TASK_VIEWS[query.get('view')] ?? (() => true)), next: null })],
  ['GET', /^\/api\/notices$/, () => ({ items: [], unread: 0, next: null })],
  ['POST', /^\/api\/tasks\/([\w-]+)\/call$/, ([id]) => callOut(need(TASKS.find((row) => row.id === id), 404, 'task.missing', '没有这项任务。', 'There is no such task.'))],
  ['POST', /^\/api\/tasks\/([\w-]+)\/result$/, ([id], body) => Object.assign(TASKS.find((row) => row.id === id), { result: body.result, state: 'done', closed_at: now() })],
  ['GET', /^\/api\/agents\/me\/why$/, () => ({ zh: '您已就绪：现在没有人排队', en: 'You are ready: nobody is waiting', codes: ['nobody_waiting'] })],
  ['GET', /^\/api\/lines$/, () => ({ items: [], mine: null, missing_year: null })],
  ['GET', /^\/api\/external-hotlines$/, () => ({ items: HOTLINES, next: null })],
  ['GET', /^\/api\/headset$/, () => ({ enabled: true, device: 'phone', echo: 'echo' })],
  ['GET', /^\/api\/outbound$/, () => ({ ...state['outbound/state'], enabled: true, at: null, reason: '' })],
  ['PUT', /^\/api\/outbound$/, (_, body) => {
    set({ 'outbound/state': { ...state['outbound/state'], on: body.on } })
    return { ...state['outbound/state'], enabled: true, at: now(), reason: body.reason ?? '' }
  }],
  ['POST', /^\/mock\/offer-task$/, () => {
    offerTask(TASKS[0])
    return { ok: true }
  }],
  ['POST', /^\/api\/demo\/call-me$/, () => {
    setTimeout(ring, 900 / SPEED)
    return { ok: true }
  }],
  ['POST', /^\/mock\/reset$/, () => {
    loggedIn = false
    muted = false
    Object.assign(state, agentsAndExperts(now()))
    for (const key of Object.keys(state)) if (/^(calls|offers)/.test(key)) delete state[key]
    return { ok: true }
  }],
  ['POST', /^\/mock\/drop$/, () => {
    for (const feed of feeds) feed.socket.terminate()
    return { ok: true }
  }],
  ['POST', /^\/mock\/mute$/, (_, body) => {
    muted = body.on !== false
    return { ok: true }
  }],
  ['POST', /^\/mock\/gap$/, () => {
    skip = 1
    set({})
    set({ 'queues/GN': { name: 'GN', waiting: 2, oldest_queued_at: now() - 31 } })
    return { ok: true }
  }],
  ['POST', /^\/mock\/conflict$/, (_, body) => {
    const form = [...forms.values()].at(-1)
    const versions = Object.fromEntries(Object.keys(body).map((field) => [field, (form.versions[field] ?? 0) + 1]))
    Object.assign(form, { version: form.version + 1, fields: { ...form.fields, ...body }, versions: { ...form.versions, ...versions }, saved_at: now() })
    return { ok: true }
  }],
]

function wav() {
  const rate = 8000
  const frames = rate * 12
  const data = Buffer.alloc(44 + frames * 4)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + frames * 4, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(2, 22)
  data.writeUInt32LE(rate, 24)
  data.writeUInt32LE(rate * 4, 28)
  data.writeUInt16LE(4, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(frames * 4, 40)
  for (let n = 0; n < frames; n += 1) data.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * n) / rate)), 44 + n * 4)
  return data
}

const HOTLINES = [
  ['12345', '政务服务便民热线', 'Government services'], ['12333', '人力资源社会保障', 'Work and social insurance'], ['110', '报警', 'Police'],
].map(([number, name_zh, name_en]) => ({ id: `hot_${number}`, number, name_zh, name_en, description_zh: '', description_en: '', category: '', region_code: '', active: true }))

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' }
let loggedIn = false
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock')
  response.setHeader('Content-Security-Policy', POLICY)
  const send = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  if (/^\/api\/recordings\/\w+\/audio$/.test(url.pathname)) {
    const data = wav()
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    if (from === undefined) return response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': data.length, 'Accept-Ranges': 'bytes' }).end(data)
    const last = to ? Number(to) : data.length - 1
    return response.writeHead(206, { 'Content-Type': 'audio/wav', 'Content-Range': `bytes ${from}-${last}/${data.length}`, 'Content-Length': last - from + 1 }).end(data.subarray(Number(from), last + 1))
  }
  if (url.pathname.startsWith('/api/') || url.pathname.startsWith('/mock/')) {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {}
    try {
      if (url.pathname === '/api/logout') loggedIn = false
      else if (url.pathname !== '/api/login' && url.pathname.startsWith('/api/') && !loggedIn) throw new Refused(401, 'auth.required', '请先登录。', 'Please log in first.')
      if (request.method !== 'GET' && url.pathname.startsWith('/api/') && !request.headers['x-hotline-console']) throw new Refused(403, 'auth.csrf', '缺少控制台标识。', 'Console header missing.')
      for (const [method, pattern, handle] of ROUTES) {
        const hit = method === request.method && pattern.exec(url.pathname)
        if (!hit) continue
        const answer = handle(hit.slice(1), body, url.searchParams)
        if (url.pathname === '/api/login') loggedIn = true
        return send(200, answer)
      }
      console.error('mock: nothing at', request.method, url.pathname)
      throw new Refused(404, 'request.not_found', '没有这个地址。', 'There is nothing at this address.')
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return send(error.status, { error: { code: error.code, zh: error.zh, en: error.en, details: error.details } })
    }
  }
  const path = normalize(url.pathname === '/' ? 'index.html' : url.pathname.slice(1))
  try {
    const content = await readFile(join(DIST, path))
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(content)
  } catch {
    response.writeHead(404).end()
  }
})

const sockets = new WebSocketServer({ server, path: '/api/feed' })
sockets.on('connection', (socket) => {
  const feed = { seq: 0, socket, send: (message) => !muted && socket.send(JSON.stringify(message)) }
  const snapshot = () => {
    feed.seq += 1
    feed.send({ type: 'snapshot', seq: feed.seq, now: now(), state })
  }
  for (const other of feeds) other.send({ type: 'bye', code: 'feed.replaced' })
  feeds.add(feed)
  snapshot()
  socket.on('message', (raw) => {
    const { type } = JSON.parse(raw)
    if (type === 'ping') feed.send({ type: 'pong', now: now() })
    if (type === 'refetch') snapshot()
  })
  socket.on('close', () => feeds.delete(feed))
})

server.listen(PORT, '127.0.0.1', () => console.log(`mock hotline on http://127.0.0.1:${server.address().port}`))
