package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"time"
)

// An alias says that a canonical URL is another name of an article. Aliases are packed into shards, one value each, so
// that millions of them cost the store thousands of keys. A shard is a version byte and records sorted by hash:
//
//	8 bytes   hash of the URL
//	16 bytes  article id
//	2 bytes   day last seen, from 1 January 1970 UTC
//
// The first 16 bits of the URL's SHA-256 are the number of the shard, the next 64 the hash: among n aliases two URLs are
// confused with a probability of n²/2^81, which is 4e-12 at 3 million and 4e-9 at 100 million. A new alias rewrites its
// shard: 1.2 KB at 3 million, 40 KB at 100 million.
const (
	aliasVersion = 1
	aliasRecord  = 8 + 16 + 2

	// keepAlias is for how many days an alias is kept after it was last seen. A day is written down only when it is
	// aliasRefresh days newer than the one that stands there, so that a claim repeated at every poll writes rarely.
	keepAlias    = 90
	aliasRefresh = 7
)

// ErrAliasFormat says that a stored shard of aliases is of an unknown version or damaged. Nothing is guessed and nothing
// overwritten: an alias that is lost would give an article a second id.
var ErrAliasFormat = errors.New("unreadable aliases")

// Resolve returns the id of the article that a canonical URL was claimed for; ok is false if it was not.
func (r *Registry) Resolve(ctx context.Context, canonicalURL string) (articleID string, ok bool, err error) {
	key, hash := aliasKey(canonicalURL)
	shard, _, err := r.store.Get(ctx, BucketAlias, key)
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	if err == nil {
		shard, err = aliasRecords(shard)
	}
	if err != nil {
		return "", false, fmt.Errorf("resolve %s: %w", canonicalURL, err)
	}
	if i, found := findAlias(shard, hash); found {
		return hex.EncodeToString(shard[i+8 : i+24]), true, nil
	}
	return "", false, nil
}

// Claim makes a canonical URL a name of an article, unless it is one already: the first writer wins, among all processes.
// It returns the id of the article whose name it is, articleID if the claim was won or held before. A claim is also how a
// URL is seen: aliases that were not for 90 days are dropped, when another in their shard is written.
func (r *Registry) Claim(ctx context.Context, canonicalURL, articleID string, now time.Time) (owner string, err error) {
	id, ok := parseID(articleID)
	if !ok {
		return "", fmt.Errorf("claim %s: %q is no article id", canonicalURL, articleID)
	}
	key, hash := aliasKey(canonicalURL)
	err = swap(ctx, r.store, BucketAlias, key, func(old []byte) ([]byte, error) {
		shard, err := aliasRecords(old)
		if err != nil {
			return nil, err
		}
		i, found := findAlias(shard, hash)
		if !found {
			owner = articleID
			return packAliases(shard, i, hash, id, day(now)), nil
		}
		owner = hex.EncodeToString(shard[i+8 : i+24])
		if int(day(now))-int(aliasDay(shard[i:])) < aliasRefresh {
			return nil, errKeep
		}
		return packAliases(shard, i, hash, itemID(shard[i+8:i+24]), day(now)), nil
	})
	if err != nil {
		return "", fmt.Errorf("claim %s: %w", canonicalURL, err)
	}
	return owner, nil
}

func aliasKey(canonicalURL string) (key string, hash uint64) {
	sum := sha256.Sum256([]byte(canonicalURL))
	return hex.EncodeToString(sum[:2]), binary.BigEndian.Uint64(sum[2:])
}

// aliasRecords returns the records of a stored shard; of none, if there is no shard.
func aliasRecords(shard []byte) ([]byte, error) {
	if shard == nil {
		return nil, nil
	}
	if len(shard) == 0 || shard[0] != aliasVersion || (len(shard)-1)%aliasRecord != 0 {
		return nil, fmt.Errorf("%w: want version %d and whole records", ErrAliasFormat, aliasVersion)
	}
	return shard[1:], nil
}

// findAlias returns the offset of the record of a hash, or the offset at which it belongs.
func findAlias(shard []byte, hash uint64) (offset int, found bool) {
	n := len(shard) / aliasRecord
	i := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint64(shard[i*aliasRecord:]) >= hash })
	return i * aliasRecord, i < n && binary.BigEndian.Uint64(shard[i*aliasRecord:]) == hash
}

func aliasDay(record []byte) uint16 { return binary.BigEndian.Uint16(record[24:]) }

// packAliases returns the shard to store: the old records, without those that are out of date, with one record put at the
// given offset in place of the one with the same hash, if there is one.
func packAliases(shard []byte, at int, hash uint64, id itemID, today uint16) []byte {
	b := make([]byte, 0, 1+len(shard)+aliasRecord)
	b = append(b, aliasVersion)
	keep := func(records []byte) {
		for ; len(records) > 0; records = records[aliasRecord:] {
			// The day that stands there may be aliasRefresh days older than the last claim.
			if int(today)-int(aliasDay(records)) <= keepAlias+aliasRefresh {
				b = append(b, records[:aliasRecord]...)
			}
		}
	}
	keep(shard[:at])
	b = binary.BigEndian.AppendUint64(b, hash)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint16(b, today)
	if rest := shard[at:]; len(rest) > 0 && bytes.Equal(rest[:8], binary.BigEndian.AppendUint64(nil, hash)) {
		keep(rest[aliasRecord:])
	} else {
		keep(rest)
	}
	return b
}
