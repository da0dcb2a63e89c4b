"""Where each page of the campaigns is."""

from django.urls import path

from tifo.campaigns.web import blocks, lists, send, sendings, what, when, who

app_name = "campaigns"

urlpatterns = [
    path("", lists.listed, name="list"),
    path("new/", lists.new, name="new"),
    path("import/", lists.take_in, name="import"),
    path("audience/", who.audience, name="audience"),
    path("<slug:name>/", what.campaign, name="campaign"),
    path("<slug:name>/file/", lists.export, name="file"),
    path("<slug:name>/who/", who.who, name="who"),
    path("<slug:name>/slots/", what.slots, name="slots"),
    path("<slug:name>/subject/", what.head, name="subject"),
    path("<slug:name>/preview/", what.preview, name="preview"),
    path("<slug:name>/block/", blocks.block, name="new-block"),
    path("<slug:name>/block/<slug:block_name>/", blocks.block, name="block"),
    path("<slug:name>/when/", when.when, name="when"),
    path("<slug:name>/send/", send.send, name="send"),
    path("<slug:name>/send/links/", send.links, name="links"),
    path("<slug:name>/send/test/", send.test, name="test"),
    path("<slug:name>/send/start/", send.start, name="start"),
    path("<slug:name>/sendings/<int:number>/", sendings.sending, name="sending"),
    path("<slug:name>/sendings/<int:number>/state/", sendings.state, name="state"),
    path("<slug:name>/sendings/<int:number>/act/", sendings.act, name="act"),
]
