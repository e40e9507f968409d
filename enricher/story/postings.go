package story

// postings lead from a hash to the entries that have it, in chains of cells. It takes some 20 bytes for each.
type postings struct {
	heads map[uint32]uint32 // hash to the first cell of its chain
	cells []cell            // the first is of no use: 0 is the end of a chain
	free  uint32            // chain of the cells that are not in use
}

type cell struct{ entry, next uint32 }

func newPostings() postings {
	return postings{heads: map[uint32]uint32{}, cells: make([]cell, 1)}
}

// add puts an entry into a hash's chain, unless that has it or is crowded.
func (p *postings) add(h, entry uint32) {
	first := p.heads[h]
	n := 0
	for i := first; i != 0; i = p.cells[i].next {
		if n++; n >= crowded || p.cells[i].entry == entry {
			return
		}
	}
	i := p.free
	if i != 0 {
		p.free = p.cells[i].next
	} else {
		i = uint32(len(p.cells))
		p.cells = append(p.cells, cell{})
	}
	p.cells[i] = cell{entry, first}
	p.heads[h] = i
}

// remove takes an entry out of a hash's chain.
func (p *postings) remove(h, entry uint32) {
	before := uint32(0)
	for i := p.heads[h]; i != 0; before, i = i, p.cells[i].next {
		if p.cells[i].entry != entry {
			continue
		}
		next := p.cells[i].next
		switch {
		case before != 0:
			p.cells[before].next = next
		case next != 0:
			p.heads[h] = next
		default:
			delete(p.heads, h)
		}
		p.cells[i] = cell{next: p.free}
		p.free = i
		return
	}
}

// count adds one to hits for each entry that has the hash.
func (p *postings) count(h uint32, hits map[uint32]int) {
	for i := p.heads[h]; i != 0; i = p.cells[i].next {
		hits[p.cells[i].entry]++
	}
}
