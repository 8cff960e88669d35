package query

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// ownStreams are what events may have as their $Stream, as JSON; "" for none.
var ownStreams = []string{"", "", "null", `""`, `"  "`, `{"a":1}`, `"[x"`, `"PROXY"`, `"proxy"`, `"AUTH "`, `7`}

// A streamed is an event with what it calls its stream, and the name by which the
// column $Stream should know it.
type streamed struct{ own, want string }

func (s *streamed) name(file, named string) {
	var own any
	if s.own != "" {
		_ = json.Unmarshal([]byte(s.own), &own)
	}
	text := ""
	switch v := own.(type) {
	case string:
		text = v
	case float64:
		text = fmt.Sprint(v)
	}
	switch trimmed := strings.TrimSpace(text); {
	case named != "":
		s.want = named
	case trimmed == "" || trimmed[0] == '[':
		s.want = file
	default:
		s.want = text
	}
}

// drawStreams writes files in several formats whose events name their stream or
// don't, and returns their names.
func drawStreams(rt *rapid.T, dir string) (*events.Set, []streamed) {
	var all []streamed
	sources := rapid.SampledFrom([]string{
		"", "{files: ['*.ndjson'], stream: NAMED}", "{files: [C.csv], stream: NAMED}", "{files: [J.json, K.log], stream: NAMED}", "{files: ['*'], fields: {Other: n}}",
		"{files: ['*'], stream: NAMED, when: {field: n, is: ['1', '2', '3']}}, {files: ['*'], fields: {Other: n}}",
	}).Draw(rt, "sources")
	if sources != "" {
		if err := os.WriteFile(filepath.Join(dir, events.SourcesName), []byte("sources: ["+sources+"]"), 0o600); err != nil {
			rt.Fatal(err)
		}
	}
	for _, form := range []string{"L.ndjson", "C.csv", "J.json", "K.log"} {
		var lines []string
		for n := range rapid.IntRange(0, 8).Draw(rt, form) {
			s := streamed{own: rapid.SampledFrom(ownStreams).Draw(rt, "own")}
			named := ""
			if fits := strings.Contains(sources, form) || strings.Contains(sources, "'*"+filepath.Ext(form)+"'") || strings.Contains(sources, "'*'"); fits && strings.Contains(sources, "NAMED") {
				named = "NAMED"
				if strings.Contains(sources, "when") && (n < 1 || n > 3) {
					named = ""
				}
			}
			switch form {
			case "C.csv":
				text, _ := strings.CutPrefix(strings.TrimSuffix(s.own, `"`), `"`)
				if strings.HasPrefix(s.own, "{") || text == "null" {
					s.own, text = "", ""
				}
				lines = append(lines, fmt.Sprintf("%d,%s", n, text))
			case "K.log":
				s.own = ""
				lines = append(lines, fmt.Sprintf("n=%d other=x more=y", n))
			default:
				own := ""
				if s.own != "" {
					own = `,"$Stream":` + s.own
				}
				lines = append(lines, fmt.Sprintf(`{"n":%d%s}`, n, own))
			}
			s.name(form[:1], named)
			all = append(all, s)
		}
		text := strings.Join(lines, "\n") + "\n"
		switch form {
		case "C.csv":
			text = "n,$Stream\n" + text
		case "J.json":
			text = "[" + strings.Join(lines, ",") + "]"
		}
		if err := os.WriteFile(filepath.Join(dir, form), []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
	}
	set, err := events.Open(dir, events.Options{Sources: []string{filepath.Join(dir, events.SourcesName)}})
	if err != nil {
		rt.Fatal(err)
	}
	return set, all
}

// TestStreamIsAColumn asks for $Stream in rows, groups and conditions, with push-down
// and without, of events that name their stream, whose file does, or sources.yaml.
func TestStreamIsAColumn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set, all := drawStreams(rt, t.TempDir())
		var rows []string
		groups := map[string]int{}
		streams := map[string]int{}
		for _, s := range all {
			rows = append(rows, s.want)
			groups[s.want]++
			streams[strings.ToUpper(strings.TrimSpace(s.want))]++
		}
		slices.Sort(rows)
		counted := func(groups map[string]int) (out []string) {
			for _, name := range slices.Sorted(maps.Keys(groups)) {
				out = append(out, fmt.Sprintf("%s %d", name, groups[name]))
			}
			return out
		}
		for _, plain := range []bool{false, true} {
			check := func(question string, want []string) {
				if diff := cmp.Diff(want, sortedAnswer(rt, set, plain, question)); diff != "" {
					rt.Fatalf("%s, plain %v\n%s", question, plain, diff)
				}
			}
			check(rapid.SampledFrom([]string{"_fetch $Stream from event limit 1000", "_fetch stream from event limit 1000"}).Draw(rt, "rows"), rows)
			check("_fetch * from event group count_unique $Stream limit 0", counted(groups))
			if len(streams) == 0 {
				continue
			}
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(streams))).Draw(rt, "stream")
			var inside []string
			own := map[string]int{}
			for _, s := range all {
				if strings.ToUpper(strings.TrimSpace(s.want)) == name {
					inside = append(inside, s.want)
					own[s.want]++
				}
			}
			slices.Sort(inside)
			switch rapid.IntRange(0, 5).Draw(rt, "question") {
			case 0:
				check("SELECT $Stream FROM `"+name+"` WHERE $Stream IS NOT NULL", inside)
			case 1:
				check("SELECT $STREAM, count(*) FROM `"+name+"` GROUP BY $STREAM", counted(own))
			case 2:
				check("stream=`"+name+"` | groupby stream", counted(own))
			case 3:
				check("SELECT count_if($Stream = '"+name+"') FROM `"+name+"`", []string{fmt.Sprint(own[name])})
			case 4:
				check("SELECT count(*) FROM `"+name+"` WHERE trim(upper($Stream)) = '"+name+"'", []string{fmt.Sprint(streams[name])})
			default:
				check("SELECT count(*) FROM `"+name+"` WHERE $Stream <> '"+name+"'", []string{fmt.Sprint(streams[name] - own[name])})
			}
		}
	})
}

// sortedAnswer gives the rows of an answer as sorted lines, and refuses warnings.
func sortedAnswer(rt *rapid.T, set *events.Set, plain bool, question string) []string {
	q, problems := ParseQuestion(source.NewText("query", question), Options{Events: set, Plain: plain}, workbook.NewPreparation(nil))
	if problems.Err() != nil {
		rt.Fatal(question, problems)
	}
	out, err := q.Run(context.Background(), workbook.Table{}, &workbook.Env{MaxRows: 10_000})
	if err != nil {
		rt.Fatal(question, err)
	}
	for _, w := range out.Warnings {
		if !strings.Contains(w, "keeps any rows") && w != "there are no events" {
			rt.Fatal(question, w)
		}
	}
	var lines []string
	for _, row := range out.Table.Rows {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			cells[i] = workbook.Text(v)
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	slices.Sort(lines)
	return lines
}
