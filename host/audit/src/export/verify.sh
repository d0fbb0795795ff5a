#!/bin/sh
# Checks this directory with openssl and sha256sum, and what every POSIX system has; no program of the host's maker.
#
#   sh verify.sh [KEY [CHECKPOINT ...]]
#
#   KEY         the verifier key that you trust: a copy of log.vkey that you took when the host was set up.
#               Without it the log.vkey that lies here is believed.
#   CHECKPOINT  a copy of the host's signed checkpoint from any time: the log has to begin with the records under it.
#
# What is checked: the signature of the checkpoint (signed note, Ed25519); that the tree over all records (RFC 6962)
# has the signed head; that every tile holds the hashes of that tree; every proof; that every opening is what the record
# beside it was made with. Exits 0 when all of it holds.
set -eu
LC_ALL=C
export LC_ALL
dir=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

wrong() {
  echo "NOT AS IT WAS WRITTEN: $1" >&2
  exit 1
}

hex() { od -An -v -tx1 | tr -d ' \n'; }
unbase64() { printf '%s' "$1" | openssl base64 -d -A; }
# Hexadecimal to bytes: awk writes one printf for each, which a shell runs without starting a program.
awk_octal='function octal(hex,  i, out, digits) {
  digits = "0123456789abcdef"
  for (i = 1; i < length(hex); i += 2)
    out = out sprintf("\\%03o", (index(digits, substr(hex, i, 1)) - 1) * 16 + index(digits, substr(hex, i + 1, 1)) - 1)
  return out
}'

# Reads verifier key $1: name+id+base64 of a byte, $2, and the Ed25519 key; $3 says where it stands. Its id is the first
# four bytes of a hash over all. Sets origin, id and key.der.
open_key() {
  origin=${1%%+*}
  rest=${1#*+}
  id=${rest%%+*}
  unbase64 "${rest#*+}" > "$work/key"
  [ "$(wc -c < "$work/key" | tr -d ' ') $(head -c 1 "$work/key" | hex)" = "33 $2" ] ||
    wrong "$3: not an Ed25519 verifier key"
  [ "$({ printf '%s\n' "$origin"; cat "$work/key"; } | sha256sum | cut -c 1-8)" = "$id" ] ||
    wrong "$3: its id does not match"
  {
    printf '\060\052\060\005\006\003\053\145\160\003\041\000' # SubjectPublicKeyInfo of Ed25519, RFC 8410
    tail -c 32 "$work/key"
  } > "$work/key.der"
}

key=${1:-$dir/log.vkey}
[ $# = 0 ] || shift
open_key "$(cat "$key")" 01 "$key"

# A checkpoint: origin, size, head; an empty line; the signature over all before that line. Sets size and head.
open_checkpoint() {
  sed '/^$/,$d' "$1" > "$work/text"
  [ "$(sed -n 1p "$work/text")" = "$origin" ] || wrong "$1: of another log than $origin"
  unbase64 "$(sed -n "s|^— $origin ||p" "$1")" > "$work/signature"
  [ "$(head -c 4 "$work/signature" | hex)" = "$id" ] || wrong "$1: not signed by this key"
  tail -c 64 "$work/signature" > "$work/ed25519"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
    -sigfile "$work/ed25519" > /dev/null 2>&1 || wrong "$1: the signature does not hold"
  size=$(sed -n 2p "$work/text")
  head=$(unbase64 "$(sed -n 3p "$work/text")" | hex)
}

#: the whole log
# The path of piece $2 of level $1, of which $3 hashes or records are there.
path_of() {
  number=$(printf '%03d' $(($2 % 1000)))
  above=$(($2 / 1000))
  while [ $above -gt 0 ]; do
    number=x$(printf '%03d' $((above % 1000)))/$number
    above=$((above / 1000))
  done
  width=$(($3 - $2 * 256))
  if [ $width -ge 256 ]; then echo "$dir/tile/$1/$number"; else echo "$dir/tile/$1/$number.p/$width"; fi
}

# The hashes of all files in a directory, in the order of their names.
hash_files() { (cd "$1" && find . -type f | sort | xargs sha256sum) | cut -c 1-64; }

# The leaves: SHA-256 of a zero byte and a record. A bundle is records behind their lengths in two bytes.
hash_records() {
  : > "$work/hashes"
  bundle=0
  while [ $((bundle * 256)) -lt "$size" ]; do
    file=$(path_of entries $bundle "$size")
    [ -f "$file" ] || wrong "$file is missing"
    rm -rf "$work/leaves"
    mkdir "$work/leaves"
    od -An -v -tu1 "$file" | awk -v to="$work/leaves" '
      { for (i = 1; i <= NF; i++) {
          at++
          if (left > 0) left--
          else if (!half) { high = $i; half = 1 }
          else {
            left = high * 256 + $i
            half = 0
            printf "{ printf \"\\000\"; tail -c +%d \"$1\" | head -c %d; } > \"%s/%05d\"\n", at + 1, left, to, n++
          }
      } }
      END { if (left > 0 || half) print "exit 9" }' > "$work/cut"
    sh "$work/cut" "$file" 2> /dev/null || wrong "$file ends within a record"
    hash_files "$work/leaves" >> "$work/hashes"
    bundle=$((bundle + 1))
  done
  found=$(wc -l < "$work/hashes" | tr -d ' ')
  [ "$found" = "$size" ] || wrong "$dir/tile/entries: $found records, and $size were signed"
}

# Tiles of level $1 hold the first $2 lines of the tree's level that was just computed.
check_tiles() {
  tile=0
  while [ $((tile * 256)) -lt "$2" ]; do
    file=$(path_of "$1" $tile "$2")
    [ -f "$file" ] || wrong "$file is missing"
    to=$((tile * 256 + 256))
    [ $to -le "$2" ] || to=$2
    [ "$(hex < "$file")" = "$(sed -n "$((tile * 256 + 1)),${to}p" "$work/level" | tr -d '\n')" ] ||
      wrong "$file: not the hashes of the records"
    tile=$((tile + 1))
  done
}

# The head over the first $1 records; with $2, the tiles on the way are checked. Two neighbours make one, the last of an
# odd number goes up alone.
root_of() {
  if [ "$1" = 0 ]; then
    printf '' | sha256sum | cut -c 1-64
    return
  fi
  sed -n "1,$1p" "$work/hashes" > "$work/level"
  height=0
  while :; do
    # Every eighth level lies in tiles: the heads over full subtrees.
    if [ "$2" = tiles ] && [ $((height % 8)) = 0 ]; then check_tiles $((height / 8)) $(($1 >> height)); fi
    count=$(wc -l < "$work/level" | tr -d ' ')
    [ "$count" -gt 1 ] || break
    rm -rf "$work/nodes"
    mkdir "$work/nodes"
    awk -v to="$work/nodes" "$awk_octal"'
      NR % 2 { left = $0; next }
      { printf "printf %s\\001%s%s%s > \"%s/%09d\"\n", "\047", octal(left), octal($0), "\047", to, NR }' \
      "$work/level" > "$work/make"
    sh "$work/make"
    tail -n 1 "$work/level" > "$work/last"
    hash_files "$work/nodes" > "$work/level"
    [ $((count % 2)) = 0 ] || cat "$work/last" >> "$work/level"
    height=$((height + 1))
  done
  cat "$work/level"
}

#: end
# Whether proof $1 leads from a record's hash to the head (RFC 9162, section 2.1.3.2).
check_proof() {
  record=${1%.tlog-proof}.json
  [ -f "$record" ] || wrong "$1: there is no $record"
  [ "$(sed -n 1p "$1")" = "c2sp.org/tlog-proof@v1" ] || wrong "$1: not a proof"
  sed '1,/^$/d' "$1" | cmp -s - "$dir/checkpoint" || wrong "$1: its checkpoint is not the one that lies here"
  at=$(sed -n 's/^index //p' "$1")
  name=${1##*/}
  case $name in record-*) [ "$name" = "record-$at.tlog-proof" ] || wrong "$1: a proof for record $at" ;; esac
  [ "$at" -lt "$size" ] || wrong "$1: there is no record $at"
  last=$((size - 1))
  hash=$({ printf '\000'; cat "$record"; } | sha256sum | cut -c 1-64)
  for line in $(sed '/^$/,$d; 1d; /^index /d; /^extra /d' "$1"); do
    other=$(unbase64 "$line" | hex)
    [ $last -gt 0 ] || wrong "$1: too many hashes"
    pair=$hash$other
    if [ $((at % 2)) = 1 ] || [ "$at" = $last ]; then
      pair=$other$hash
      while [ $((at % 2)) = 0 ] && [ "$at" -gt 0 ]; do
        at=$((at / 2))
        last=$((last / 2))
      done
    fi
    echo "$pair" | awk "$awk_octal"'{ printf "printf %s\\001%s%s", "\047", octal($0), "\047" }' > "$work/make"
    hash=$(sh "$work/make" | sha256sum | cut -c 1-64)
    at=$((at / 2))
    last=$((last / 2))
  done
  [ "$last $hash" = "0 $head" ] || wrong "$1: it does not prove $record"
}

# Whether opening $1 has the hash that record $2 says of it. The record is canonical JSON: what is looked for cannot stand
# within a text, where quotation marks are escaped.
check_opening() {
  [ -f "$2" ] || wrong "$1: there is no $2"
  named=$(sed -n 's/^\["weft\.commitment\/1","\([A-Za-z0-9_-]*\)","\([a-z0-9_.]*\)","[0-9a-f]\{64\}",.*\]$/\1 \2/p' "$1")
  [ -n "$named" ] || wrong "$1: not an opening"
  [ "${1##*/}" = "${named#* }.json" ] || wrong "$1: an opening of ${named#* }"
  hash=$(sha256sum < "$1" | cut -c 1-64)
  committed=$(sed -n "s/.*,\"commitments\":{\([^}]*\)},\"decision\":\"${named% *}\",.*/\1/p" "$2")
  [ -n "$committed" ] || wrong "$1: $2 is no record of its decision that commits to facts"
  case ,$committed, in
    *",\"${named#* }\":\"$hash\","*) ;;
    *) wrong "$1: not what $2 was made with" ;;
  esac
}

open_checkpoint "$dir/checkpoint"
echo "checkpoint: $size records, signed by $origin"
#: the whole log
hash_records
root=$(root_of "$size" tiles) || exit 1
[ "$root" = "$head" ] || wrong "the head over the records is $root, and $head was signed"
echo "records and tiles: as they were signed"
#: end
proofs=0
for proof in "$dir"/proofs/*.tlog-proof; do
  [ -f "$proof" ] || continue
  check_proof "$proof"
  proofs=$((proofs + 1))
done
for record in "$dir"/proofs/*.json; do
  [ ! -f "$record" ] || [ -f "${record%.json}.tlog-proof" ] || wrong "$record: there is no proof for it"
done
echo "proofs: $proofs, and each holds"
openings=0
for opening in "$dir"/openings/*/*.json; do
  [ -f "$opening" ] || continue
  of=${opening%/*}
  check_opening "$opening" "$dir/proofs/${of##*/}.json"
  openings=$((openings + 1))
done
[ ! -e "$dir/openings" ] || [ "$(find "$dir/openings" ! -type d | wc -l | tr -d ' ')" = $openings ] ||
  wrong "$dir/openings: there is more than openings/RECORD/FIELD.json"
[ $openings = 0 ] || echo "openings: $openings, and each is what its record was made with"
#: the whole log
whole=$size
for kept in "$@"; do
  open_checkpoint "$kept"
  [ "$size" -le "$whole" ] || wrong "$kept: $size records were signed, and here are only $whole"
  root=$(root_of "$size" "")
  [ "$root" = "$head" ] || wrong "$kept: the log does not begin with the $size records that were signed there"
  echo "$kept: the log begins with these $size records"
done
# Who has cosigned the checkpoint in `cosigned`, of those whom log.policy names (C2SP tlog-cosignature).
if [ -f "$dir/cosigned" ]; then
  open_checkpoint "$dir/cosigned"
  [ "$size" -le "$whole" ] || wrong "$dir/cosigned: $size records were signed, and here are only $whole"
  root=$(root_of "$size" "")
  [ "$root" = "$head" ] || wrong "$dir/cosigned: the log does not begin with the $size records that were signed there"
  cosigned=0
  while read -r word name vkey; do
    [ "$word" = witness ] || continue
    line=$(sed -n "s|^— $name ||p" "$dir/cosigned")
    [ -n "$line" ] || continue
    open_key "$vkey" 04 "$dir/log.policy"
    unbase64 "$line" > "$work/signature"
    [ "$(head -c 4 "$work/signature" | hex)" = "$id" ] || wrong "$dir/cosigned: not signed by the key of $name"
    time=$((0x$(tail -c 72 "$work/signature" | head -c 8 | hex)))
    tail -c 64 "$work/signature" > "$work/ed25519"
    { printf 'cosignature/v1\ntime %s\n' "$time"; cat "$work/text"; } > "$work/cosigned"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/cosigned" \
      -sigfile "$work/ed25519" > /dev/null 2>&1 || wrong "$dir/cosigned: the cosignature of $name does not hold"
    echo "cosigned: $size records by $name, at second $time since 1970"
    cosigned=$((cosigned + 1))
  done < "$dir/log.policy"
  quorum=$(sed -n 's/^group witnesses \([0-9]*\) .*/\1/p' "$dir/log.policy")
  [ "$cosigned" -ge "$quorum" ] || wrong "$dir/cosigned: $cosigned witnesses have cosigned it, and $quorum have to"
fi
#: end
echo OK
