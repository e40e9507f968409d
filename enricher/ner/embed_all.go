//go:build !openmodel

package ner

import _ "embed"

//go:embed data/news.model.gz
var newsModel string

//go:embed data/open.model.gz
var openModel string

var builtin = []embedded{{"news", once(&newsModel)}, {"open", once(&openModel)}}
