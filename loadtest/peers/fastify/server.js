// The lists and totals of reviewd, as one would write them well with Fastify and pg: a process a CPU, a pool of connections each,
// prepared statements, answers serialized by schema.
//
//   PORT=8081 PGHOST=/socket PGDATABASE=reviews PGUSER=postgres WORKERS=2 POOL=4 node server.js
import cluster from 'node:cluster'
import Fastify from 'fastify'
import pg from 'pg'

const INT8 = 20
pg.types.setTypeParser(INT8, Number)

const REVIEW_COLUMNS = `review_id, rating, summary, recommend::int4 AS recommend, response, body, created_at AS date,
  reviewer_name, helpfulness, coalesce(photos, '[]') AS photos`
const CHARACTERISTICS = ['Fit', 'Length', 'Comfort', 'Quality', 'Width', 'Size']

const review = {
  type: 'object',
  properties: {
    review_id: { type: 'integer' },
    rating: { type: 'integer' },
    summary: { type: 'string' },
    recommend: { type: 'integer' },
    response: { type: 'string', nullable: true },
    body: { type: 'string' },
    date: { type: 'string', format: 'date-time' },
    reviewer_name: { type: 'string' },
    helpfulness: { type: 'integer' },
    photos: {
      type: 'array',
      items: { type: 'object', properties: { url: { type: 'string' }, thumbnail_url: { type: 'string' } } }
    }
  }
}
const list = {
  type: 'object',
  properties: {
    product: { type: 'integer' },
    page: { type: 'integer' },
    count: { type: 'integer' },
    results: { type: 'array', items: review }
  }
}
const counts = { type: 'object', additionalProperties: { type: 'integer' } }
const meta = {
  type: 'object',
  properties: {
    product_id: { type: 'string' },
    ratings: counts,
    recommended: counts,
    characteristics: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { id: { type: 'integer' }, value: { type: 'string' } } }
    }
  }
}
const params = { type: 'object', properties: { product: { type: 'integer', minimum: 1, maximum: 2147483646 } } }
const querystring = {
  type: 'object',
  properties: {
    count: { type: 'integer', minimum: 1, maximum: 100, default: 5 },
    page: { type: 'integer', minimum: 0, maximum: 1000000, default: 0 }
  }
}

const LIST = `SELECT ${REVIEW_COLUMNS} FROM review WHERE product_id = $1 AND NOT reported
  ORDER BY relevance DESC, created_at DESC, review_id DESC LIMIT $2 OFFSET $3`
const META = 'SELECT * FROM product_meta WHERE product_id = $1'

function metaOf(product, row) {
  const ratings = {}
  const recommended = { 0: row?.recommend_0 ?? 0, 1: row?.recommend_1 ?? 0 }
  const characteristics = {}
  for (let rating = 1; rating <= 5; rating++) ratings[rating] = row?.[`rating_${rating}`] ?? 0
  CHARACTERISTICS.forEach((name, id) => {
    const count = row?.[`${name.toLowerCase()}_count`] ?? 0
    if (count > 0) characteristics[name] = { id, value: (row[`${name.toLowerCase()}_sum`] / count).toFixed(4) }
  })
  return { product_id: String(product), ratings, recommended, characteristics }
}

async function serve() {
  const pool = new pg.Pool({
    max: Number(process.env.POOL ?? 4),
    idleTimeoutMillis: 0, // keeps them: sessions that end take CPU from whoever is measured then
    options: '-c plan_cache_mode=force_generic_plan'
  })

  const app = Fastify()
  app.get('/reviews/:product/list', { schema: { params, querystring, response: { 200: list } } }, async (request) => {
    const { product } = request.params
    const { count, page } = request.query
    const result = await pool.query({ name: 'list', text: LIST, values: [product, count, page * count] })
    return { product, page, count, results: result.rows }
  })
  app.get('/reviews/:product/meta', { schema: { params, response: { 200: meta } } }, async (request) => {
    const { product } = request.params
    const result = await pool.query({ name: 'meta', text: META, values: [product] })
    return metaOf(product, result.rows[0])
  })
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8081) })
}

const workers = Number(process.env.WORKERS ?? 1)
if (cluster.isPrimary && workers > 1) {
  for (let i = 0; i < workers; i++) cluster.fork()
  process.on('SIGTERM', () => process.exit(0)) // the workers follow
} else {
  await serve()
}
