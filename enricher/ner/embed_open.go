//go:build openmodel

package ner

import _ "embed"

//go:embed data/open.model.gz
var openModel string

var builtin = []embedded{{"open", once(&openModel)}}
