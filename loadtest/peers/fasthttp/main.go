// The lists and totals of reviewd, as one would write them well with fasthttp and pgx: a pool of connections, prepared
// statements, rows scanned into structs.
//
//	PORT=8081 POOL=4 DATABASE_URL="host=/socket dbname=reviews user=postgres" ./peer
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"
)

const (
	dateFormat = "2006-01-02T15:04:05.000Z"
	listText   = `SELECT review_id, rating, summary, recommend, response, body, created_at, reviewer_name, helpfulness,
		photos::text FROM review WHERE product_id = $1 AND NOT reported
		ORDER BY relevance DESC, created_at DESC, review_id DESC LIMIT $2 OFFSET $3`
	metaText = `SELECT rating_1, rating_2, rating_3, rating_4, rating_5, recommend_0, recommend_1,
		fit_sum, fit_count, length_sum, length_count, comfort_sum, comfort_count,
		quality_sum, quality_count, width_sum, width_count, size_sum, size_count
		FROM product_meta WHERE product_id = $1`
)

var characteristicNames = [...]string{"Fit", "Length", "Comfort", "Quality", "Width", "Size"}

type review struct {
	ReviewID     int64           `json:"review_id"`
	Rating       int16           `json:"rating"`
	Summary      string          `json:"summary"`
	Recommend    int             `json:"recommend"`
	Response     *string         `json:"response"`
	Body         string          `json:"body"`
	Date         string          `json:"date"`
	ReviewerName string          `json:"reviewer_name"`
	Helpfulness  int32           `json:"helpfulness"`
	Photos       json.RawMessage `json:"photos"`
}

type list struct {
	Product int32    `json:"product"`
	Page    int      `json:"page"`
	Count   int      `json:"count"`
	Results []review `json:"results"`
}

type characteristic struct {
	ID    int    `json:"id"`
	Value string `json:"value"`
}

type meta struct {
	ProductID       string                    `json:"product_id"`
	Ratings         map[string]int32          `json:"ratings"`
	Recommended     map[string]int32          `json:"recommended"`
	Characteristics map[string]characteristic `json:"characteristics"`
}

type server struct {
	pool *pgxpool.Pool
}

func scanReview(row pgx.CollectableRow) (review, error) {
	var r review
	var recommend bool
	var date time.Time
	var photos *string
	err := row.Scan(&r.ReviewID, &r.Rating, &r.Summary, &recommend, &r.Response, &r.Body, &date, &r.ReviewerName,
		&r.Helpfulness, &photos)
	if recommend {
		r.Recommend = 1
	}
	r.Date = date.UTC().Format(dateFormat)
	r.Photos = json.RawMessage("[]")
	if photos != nil {
		r.Photos = json.RawMessage(*photos)
	}
	return r, err
}

func (s *server) list(request *fasthttp.RequestCtx, product int32) (any, error) {
	count := request.QueryArgs().GetUintOrZero("count")
	if count == 0 {
		count = 5
	}
	page := request.QueryArgs().GetUintOrZero("page")
	rows, err := s.pool.Query(request, listText, product, count, page*count)
	if err != nil {
		return nil, err
	}
	results, err := pgx.AppendRows(make([]review, 0, count), rows, scanReview)
	return list{product, page, count, results}, err
}

// The mean to four decimals, rounded half up.
func mean(sum, count int32) string {
	scaled := (int64(sum)*20000 + int64(count)) / (2 * int64(count))
	return fmt.Sprintf("%d.%04d", scaled/10000, scaled%10000)
}

func (s *server) meta(request *fasthttp.RequestCtx, product int32) (any, error) {
	var ratings [5]int32
	var recommended [2]int32
	var sums, counts [len(characteristicNames)]int32
	targets := make([]any, 0, 19)
	for i := range ratings {
		targets = append(targets, &ratings[i])
	}
	targets = append(targets, &recommended[0], &recommended[1])
	for i := range sums {
		targets = append(targets, &sums[i], &counts[i])
	}
	err := s.pool.QueryRow(request, metaText, product).Scan(targets...)
	if err != nil && err != pgx.ErrNoRows {
		return nil, err
	}
	m := meta{strconv.Itoa(int(product)), make(map[string]int32, 5), make(map[string]int32, 2), make(map[string]characteristic, 6)}
	for i, n := range ratings {
		m.Ratings[strconv.Itoa(i+1)] = n
	}
	for i, n := range recommended {
		m.Recommended[strconv.Itoa(i)] = n
	}
	for i, n := range counts {
		if n > 0 {
			m.Characteristics[characteristicNames[i]] = characteristic{i, mean(sums[i], n)}
		}
	}
	return m, nil
}

// Paths are /reviews/{product}/list and /reviews/{product}/meta.
func (s *server) handle(request *fasthttp.RequestCtx) {
	rest, found := strings.CutPrefix(string(request.Path()), "/reviews/")
	number, what, slash := strings.Cut(rest, "/")
	product, err := strconv.ParseInt(number, 10, 32)
	if !found || !slash || err != nil || product < 1 || !request.IsGet() {
		request.Error("not found", fasthttp.StatusNotFound)
		return
	}
	var answer any
	switch what {
	case "list":
		answer, err = s.list(request, int32(product))
	case "meta":
		answer, err = s.meta(request, int32(product))
	default:
		request.Error("not found", fasthttp.StatusNotFound)
		return
	}
	if err == nil {
		var body []byte
		body, err = json.Marshal(answer)
		request.SetContentType("application/json")
		request.Response.SetBodyRaw(body)
	}
	if err != nil {
		log.Print(err)
		request.Error("internal error", fasthttp.StatusInternalServerError)
	}
}

func main() {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	pool, err := strconv.ParseInt(os.Getenv("POOL"), 10, 32)
	if err != nil {
		pool = 4
	}
	config.MaxConns = int32(pool)
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	s := &server{}
	if s.pool, err = pgxpool.NewWithConfig(context.Background(), config); err != nil {
		log.Fatal(err)
	}
	log.Fatal((&fasthttp.Server{Handler: s.handle, NoDefaultServerHeader: true}).ListenAndServe("127.0.0.1:" + os.Getenv("PORT")))
}
