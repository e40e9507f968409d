package story

import "container/list"

// placements are those that are remembered by the id of their article, the latest ones where there are too many.
type placements struct {
	most int
	byID map[string]*list.Element
	all  *list.List // of *keptPlacement, the oldest first
}

// keptPlacement is a placement with the time of its article, math.MaxInt64 where that is not known.
type keptPlacement struct {
	Placement
	at int64
}

func newPlacements(most int) placements {
	return placements{most: most, byID: map[string]*list.Element{}, all: list.New()}
}

func (k *placements) put(p keptPlacement) {
	k.remove(p.ID)
	if k.all.Len() >= k.most {
		k.remove(k.all.Front().Value.(*keptPlacement).ID)
	}
	k.byID[p.ID] = k.all.PushBack(&p)
}

func (k *placements) get(id string) (keptPlacement, bool) {
	e, ok := k.byID[id]
	if !ok {
		return keptPlacement{}, false
	}
	return *e.Value.(*keptPlacement), true
}

func (k *placements) remove(id string) {
	if e, ok := k.byID[id]; ok {
		k.all.Remove(e)
		delete(k.byID, id)
	}
}
