// Verifies an exported audit log with the packages of the Go checksum database: golang.org/x/mod/sumdb/note and tlog.
//
//	tlog DIR KEY [CHECKPOINT ...]
//
// KEY is the verifier key that is trusted, each CHECKPOINT one that was kept.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err, "read")
	return data
}

// open verifies the signature of a checkpoint. Its text is C2SP's: origin, size, hash.
func open(path string, verifier note.Verifier) (tlog.Tree, []byte) {
	data := read(path)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err, path)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s", verifier.Name()), path)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, path)
	hash, err := tlog.ParseHash(lines[2])
	check(err, path)
	return tlog.Tree{N: size, Hash: hash}, data
}

// files reads tiles where C2SP's tlog-tiles has them: without the height in the path.
type files string

func (dir files) Height() int { return 8 }

func (dir files) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(dir), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func main() {
	dir := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(os.Args[2]))))
	check(err, os.Args[2])
	tree, signed := open(filepath.Join(dir, "checkpoint"), verifier)

	// The reader authenticates every tile against the signed head.
	hashes := tlog.TileHashReader(tree, files(dir))
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		bundle := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}
		path := strings.Replace(bundle.Path(), "tile/8/data/", "tile/entries/", 1)
		data := read(filepath.Join(dir, path))
		var indexes []int64
		var found []tlog.Hash
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				check(fmt.Errorf("it ends within a record"), path)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(len(found))))
			found = append(found, tlog.RecordHash(data[2:end]))
			data = data[end:]
		}
		if int64(len(found)) != width {
			check(fmt.Errorf("%d records in place of %d", len(found), width), path)
		}
		wanted, err := hashes.ReadHashes(indexes)
		check(err, path)
		for i := range found {
			if found[i] != wanted[i] {
				check(fmt.Errorf("record %d is not the one under the signed head", first+int64(i)), path)
			}
		}
	}

	proofs, err := filepath.Glob(filepath.Join(dir, "proofs", "*.tlog-proof"))
	check(err, "proofs")
	for _, path := range proofs {
		parts := bytes.SplitN(read(path), []byte("\n\n"), 2)
		if len(parts) != 2 || !bytes.Equal(parts[1], signed) {
			check(fmt.Errorf("its checkpoint is another one"), path)
		}
		lines := strings.Split(string(parts[0]), "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		check(err, path)
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			data, err := base64.StdEncoding.DecodeString(line)
			check(err, path)
			var hash tlog.Hash
			copy(hash[:], data)
			proof = append(proof, hash)
		}
		record := read(strings.TrimSuffix(path, ".tlog-proof") + ".json")
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record)), path)
	}

	for _, path := range os.Args[3:] {
		old, _ := open(path, verifier)
		if old.N > tree.N {
			check(fmt.Errorf("%d records were signed, and here are %d", old.N, tree.N), path)
		}
		if old.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		check(err, path)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), path)
	}
	fmt.Printf("%d records, %d proofs, %d kept checkpoints\n", tree.N, len(proofs), len(os.Args)-3)
}
