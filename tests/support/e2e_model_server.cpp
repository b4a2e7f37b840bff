#include "support/e2e_model_server.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::test::e2e {

namespace {

const std::set<std::string> entry_keys = {"when",  "expect", "reply", "status",   "headers",
                                          "body",  "repeat", "stall", "cut",      "cut_after",
                                          "reset", "close",  "delay", "optional", "after_requests"};
const std::set<std::string> expectation_keys = {"method",    "path",         "headers",   "body",
                                                "body_text", "system",       "tools",     "messages",
                                                "model",     "last_message", "has_tools", "lacks_tools"};

void require_known(const Json& object, const std::set<std::string>& known, std::string_view what) {
  for (const auto& [key, value] : object.items()) {
    if (!known.contains(key)) throw std::runtime_error(fmt::format("{}: unknown key \"{}\"", what, key));
  }
}

void add(Failures& out, Failures more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// --- what is expected of a request ---

Failures check_results(const Json& expected, const SeenMessage& message) {
  if (expected.size() != message.results.size()) {
    return {fmt::format("the last message has {} results, not {}", message.results.size(), expected.size())};
  }
  Failures out;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    add(out, check_text(fmt::format("result {}", i + 1), expected[i], message.results[i].text));
  }
  return out;
}

Failures check_result(const Json& expected, const SeenMessage& message, bool is_error) {
  if (message.results.size() != 1) {
    return {fmt::format("the last message has {} results, not 1", message.results.size())};
  }
  const auto& result = message.results.front();
  auto out = check_text("the result", expected, result.text);
  if (result.is_error != is_error) {
    out.push_back(fmt::format("the result is {}an error: {}", result.is_error ? "" : "not ", visible(result.text)));
  }
  return out;
}

Failures check_last_message(const Json& expected, const SeenRequest& seen) {
  if (seen.messages.empty()) return {"there are no messages"};
  const auto& message = seen.messages.back();
  const auto text = text::join(message.texts, "\n");
  if (expected.is_string()) return check_text("the last message", expected, text);
  require_known(expected, {"text", "tool_result", "tool_error", "tool_results", "types"}, "last_message");
  Failures out;
  for (const auto& [key, wanted] : expected.items()) {
    if (key == "text") add(out, check_text("the last message", wanted, text));
    if (key == "tool_result") add(out, check_result(wanted, message, false));
    if (key == "tool_error") add(out, check_result(wanted, message, true));
    if (key == "tool_results") add(out, check_results(wanted, message));
    if (key == "types") add(out, check_json("the last message's types", wanted, Json(message.types)));
  }
  return out;
}

// The conversation as a list of {user: text}, {assistant: text}, {calls: [names]} and {results: [texts]}.
Json conversation_of(const SeenRequest& seen) {
  auto out = Json::array();
  for (const auto& message : seen.messages) {
    auto results = Json::array();
    for (const auto& result : message.results) results.push_back(result.text);
    if (!results.empty()) out.push_back({{"results", std::move(results)}});
    if (!message.texts.empty()) out.push_back({{message.role, text::join(message.texts, "\n")}});
    auto calls = Json::array();
    for (const auto& call : message.calls) calls.push_back(call.name);
    if (!calls.empty()) out.push_back({{"calls", std::move(calls)}});
  }
  return out;
}

Failures check_headers(const Json& expected, const ReceivedRequest& request) {
  Failures out;
  for (const auto& [name, wanted] : expected.items()) {
    const auto got = request.header(name);
    if (wanted.is_null() && got) out.push_back(fmt::format("the header {} is there: {}", name, *got));
    if (wanted.is_null()) continue;
    add(out,
        got ? check_text("the header " + name, wanted, *got) : Failures{fmt::format("the header {} is absent", name)});
  }
  return out;
}

Failures check_tools(const Json& expected, const SeenRequest& seen, bool there) {
  Failures out;
  for (const auto& name : expected) {
    const bool found = std::ranges::find(seen.tools, name.get<std::string>()) != seen.tools.end();
    if (found != there) out.push_back(fmt::format("the tool {} is {}offered", name.dump(), found ? "" : "not "));
  }
  return out;
}

Failures check_request(const Json& expected, const ReceivedRequest& request, const SeenRequest& seen) {
  require_known(expected, expectation_keys, "expect");
  Failures out;
  for (const auto& [key, wanted] : expected.items()) {
    if (key == "method") add(out, check_text("the method", wanted, request.method));
    if (key == "path") add(out, check_text("the path", wanted, request.path));
    if (key == "headers") add(out, check_headers(wanted, request));
    if (key == "body") add(out, check_json("body", wanted, seen.body));
    if (key == "body_text") add(out, check_text("the body", wanted, request.body));
    if (key == "model") add(out, check_json("model", wanted, seen.body.value("model", Json())));
    if (key == "system") add(out, check_text("the system prompt", wanted, seen.system));
    if (key == "tools") add(out, check_json("tools", wanted, Json(seen.tools)));
    if (key == "has_tools") add(out, check_tools(wanted, seen, true));
    if (key == "lacks_tools") add(out, check_tools(wanted, seen, false));
    if (key == "last_message") add(out, check_last_message(wanted, seen));
    if (key == "messages") add(out, check_json("messages", wanted, conversation_of(seen)));
  }
  return out;
}

// What is beside the conversation: which models there are, what a server has loaded, what a collector is told.
bool is_beside(const ReceivedRequest& request) {
  return request.method == "GET" || request.path.starts_with("/api/") || request.path.ends_with("/v1/traces") ||
         request.path.ends_with("/v1/metrics");
}

SeenRequest seen_in(Protocol protocol, const ReceivedRequest& request) {
  if (!is_beside(request)) return decode_request(protocol, request.body);
  SeenRequest out;
  if (!request.body.empty()) out.body = Json::parse(request.body);
  return out;
}

// --- how a reply is sent ---

std::size_t point_of(const Stream& stream, const std::string& name) {
  const auto found = stream.points.find(name);
  if (found == stream.points.end()) throw std::runtime_error(fmt::format("a reply has no point \"{}\"", name));
  return found->second;
}

void end_at(Reply& reply, const Stream& stream, const std::string& point, Reply::Ending ending) {
  reply.body.resize(point_of(stream, point));
  reply.ending = ending;
}

void misbehave(Reply& reply, const Json& entry, const Stream& stream) {
  if (const auto cut = entry.find("cut"); cut != entry.end()) end_at(reply, stream, *cut, Reply::Ending::cut);
  if (const auto reset = entry.find("reset"); reset != entry.end()) end_at(reply, stream, *reset, Reply::Ending::reset);
  if (const auto stall = entry.find("stall"); stall != entry.end()) {
    if (*stall == "head")
      reply.head_stall = true;
    else
      reply.body.at(point_of(stream, *stall)).stall = true;
  }
  if (const auto after = entry.find("cut_after"); after != entry.end()) reply.cut_after = after->get<std::size_t>();
}

}  // namespace

ModelServer::ModelServer() : server_([this](const ReceivedRequest& request) { return answer(request); }) {}

void ModelServer::serve(Protocol protocol, const Json& replies) {
  const std::lock_guard lock(mutex_);
  protocol_ = protocol;
  for (const auto& entry : replies) {
    require_known(entry, entry_keys, "server");
    planned_.push_back({entry, entry.value("repeat", 1)});
  }
}

void ModelServer::define(Variables variables) {
  const std::lock_guard lock(mutex_);
  variables_ = std::move(variables);
}

Reply ModelServer::answer(const ReceivedRequest& request) {
  auto prepared = prepare(request);
  if (prepared.after_requests == 0 || server_.wait_for_requests(prepared.after_requests)) return prepared.reply;
  const std::lock_guard lock(mutex_);
  failures_.push_back(fmt::format("no {} requests came at the same time", prepared.after_requests));
  return text_reply(500, "the case waits in vain");
}

ModelServer::Prepared ModelServer::prepare(const ReceivedRequest& request) {
  const std::lock_guard lock(mutex_);
  const int number = ++number_;
  try {
    const auto seen = seen_in(protocol_, request);
    if (!is_beside(request)) note(number, mistakes_in(seen));
    auto* planned = choose(request, seen);
    if (planned == nullptr) {
      note(number, {"no reply is left for it; its last message: " +
                    (seen.messages.empty() ? "" : visible(text::join(seen.messages.back().texts, "\n")))});
      return {text_reply(500, "the case has no reply left")};
    }
    --planned->left;
    const auto entry = expanded(planned->entry, variables_);
    if (const auto expected = entry.find("expect"); expected != entry.end()) {
      note(number, check_request(*expected, request, seen));
    }
    return {reply_for(entry), entry.value("after_requests", std::size_t{0})};
  } catch (const std::exception& e) {
    note(number, {e.what()});
    return {text_reply(500, "the case can't be played")};
  }
}

// The first reply left that fits; `when` says which requests it is for.
ModelServer::Planned* ModelServer::choose(const ReceivedRequest& request, const SeenRequest& seen) {
  for (auto& planned : planned_) {
    const auto when = planned.entry.find("when");
    if (planned.left == 0) continue;
    if (when == planned.entry.end() || check_request(*when, request, seen).empty()) return &planned;
  }
  return nullptr;
}

Reply ModelServer::reply_for(const Json& entry) {
  if (entry.value("close", false)) return no_reply();
  Reply reply;
  Stream stream;
  if (const auto said = entry.find("reply"); said != entry.end()) {
    stream = encode_reply(protocol_, *said, number_);
    reply = stream_reply(stream.pieces);
    misbehave(reply, entry, stream);
  } else {
    const auto body = entry.value("body", Json(""));
    reply = text_reply(entry.value("status", 200), body.is_string() ? body.get<std::string>() : body.dump());
    if (entry.value("stall", "") == "head") reply.head_stall = true;
  }
  const auto headers = entry.value("headers", Json::object());
  for (const auto& [name, value] : headers.items()) {
    // A case's own content type stands in place of the usual one.
    std::erase_if(reply.headers, [&](const auto& usual) { return text::lower(usual.first) == text::lower(name); });
    reply.headers.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  reply.head_delay = std::chrono::milliseconds(entry.value("delay", 0));
  return reply;
}

void ModelServer::note(int number, Failures failures) {
  for (auto& failure : failures) failures_.push_back(fmt::format("request {}: {}", number, failure));
}

Failures ModelServer::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

Failures ModelServer::unused() const {
  const std::lock_guard lock(mutex_);
  Failures out;
  for (const auto& planned : planned_) {
    if (planned.left > 0 && !planned.entry.value("optional", false)) {
      out.push_back("nobody asked for the reply " + planned.entry.value("reply", planned.entry).dump());
    }
  }
  return out;
}

}  // namespace errand::test::e2e
