package mem_test

import (
	"testing"

	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
	"github.com/feedmill/feedmill/registry/registrytest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	registrytest.Run(t, func(*testing.T) registry.Store { return mem.New() })
}
