'{"review_id":' || review_id::text || ',"rating":' || rating::text || ',"summary":' || to_json(summary)::text
|| CASE WHEN recommend THEN ',"recommend":1,"response":' ELSE ',"recommend":0,"response":' END
|| coalesce(to_json(response)::text, 'null') || ',"body":' || to_json(body)::text || ',"date":"'
|| to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","reviewer_name":'
|| to_json(reviewer_name)::text || ',"helpfulness":'
