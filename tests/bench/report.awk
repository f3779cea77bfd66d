# SPDX-License-Identifier: GPL-2.0-or-later
# Samples to ratios. Two files: lines.txt says what to print, then the samples,
# "METRIC VARIANT VALUE", in the order in which they were taken.
#
# A ratio is the median of the ratios of each round, for whatever disturbs a
# round disturbs both its sides. Noise is half the distance between the
# quartiles of these ratios. Ends with status 1 if a bar was missed.

function sort(v, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (j = i - 1; j >= 1 && v[j] > x; j--)
			v[j + 1] = v[j]
		v[j + 1] = x
	}
}

function quantile(v, n, at) {
	return v[int(1 + at * (n - 1) + 0.5)]
}

# Median of a series.
function median(key,    v, n, i) {
	n = count[key]
	for (i = 1; i <= n; i++)
		v[i] = sample[key, i]
	sort(v, n)
	return quantile(v, n, 0.5)
}

# Sets ratio and noise.
function compare(key, base,    v, n, i) {
	n = count[key] < count[base] ? count[key] : count[base]
	for (i = 1; i <= n; i++)
		v[i] = sample[key, i] / sample[base, i]
	sort(v, n)
	ratio = quantile(v, n, 0.5)
	noise = (quantile(v, n, 0.75) - quantile(v, n, 0.25)) / 2
}

function number(x) {
	if (x >= 100)
		return sprintf("%.0f", x)
	return sprintf(x >= 10 ? "%.1f" : "%.2f", x)
}

# @bar: ">=0.90", "<=5.0", or "=1.00": no less by more than the noise, which may
# itself be no more than a tenth: in more than that anything would hide.
function judge(value, bar,    limit, fine) {
	limit = bar
	gsub(/[<>=]/, "", limit)
	if (bar ~ /^=/)
		fine = noise <= 0.1 && value >= limit - noise
	else
		fine = bar ~ /^>/ ? value >= limit + 0 : value <= limit + 0
	if (!fine)
		missed++
	return fine ? "ok" : "MISSED"
}

function print_line(label, unit, variant, key, base, bar,    to) {
	if (bar == "")
		bar = "-"
	if (!(key in count)) {
		printf "  %-42s %22s\n", label, "not measured"
		return
	}
	printf "  %-42s %9s %-5s", label, number(median(key)), unit
	if (base in count) {
		compare(key, base)
		to = substr(base, index(base, " ") + 1)
		printf " %6.2f of %-6s +-%4.1f%%", ratio, to, 100 * noise / ratio
	} else {
		ratio = median(key)
	}
	if (bar != "-" && (base == "" || base in count))
		printf "  %s %s", bar, judge(ratio, bar)
	printf "\n"
}

FNR == NR {
	if ($0 !~ /^#/ && NF)
		line[++lines] = $0
	next
}

{
	key = $1 " " $2
	sample[key, ++count[key]] = $3
}

# LABEL|UNIT|METRIC|VARIANT|METRIC VARIANT to compare with|BAR
END {
	for (l = 1; l <= lines; l++) {
		if (line[l] ~ /^=/) {
			printf "\n%s\n", substr(line[l], 3)
			continue
		}
		split(line[l], f, "|")
		print_line(f[1], f[2], f[4], f[3] " " f[4], f[5], f[6])
	}
	if (missed)
		printf "\n%d missed\n", missed
	exit missed ? 1 : 0
}
