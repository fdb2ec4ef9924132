# SPDX-License-Identifier: Apache-2.0
# The bench can't rot: each row and program gives a figure natively and in picket, or says what is
# not available, and the report can be read. Nothing is said about speed.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
printf 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n' > page.md
timeout 110 "$top/tests/bench/run" --rounds 1 --time 1 --scale 0.002 --sandboxes native,picket \
	--picket "$PICKET_COPY" --work "$PWD/work" --json result.json --page page.md > out.txt 2> err.txt
is "the bench ran" "$?$(grep -v '^bench:' err.txt | head -n 5)" 0
/usr/bin/python3 - > figures.txt <<'PY'
import json
data = json.load(open("result.json"))
for kind in ("micro", "programs", "costs"):
    for row, figures in data[kind].items():
        for sandbox in ("native", "picket"):
            figure = figures[sandbox]
            missing = figure.get("missing", "")
            good = missing.startswith("not available") if missing else figure["median"] > 0
            print("good" if good else f"{row} {sandbox}: {figure}")
PY
is "all rows have figures" "$(grep -v good figures.txt)" ""
is "there are as many as there should be" "$(wc -l < figures.txt)" $((($(work/micro -l | wc -l) + 8 + 2) * 2))
is "the page has new tables" "$(grep -cE '^(before|after|old|### Targets)$' page.md)" 3
is "there is a plot" "$(/usr/bin/python3 -c \
	'import xml.dom.minidom as x; print(x.parse("page.svg").documentElement.tagName)')" svg
finish
