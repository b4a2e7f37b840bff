#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/body_reader.hpp"

namespace errand::provider::fuzz {

struct Outcome {
  chat::AssistantMessage message;
  bool whole = false;
};

inline Outcome decode(const Codec& codec, const Endpoint& endpoint, std::string_view body, std::size_t piece) {
  BodyReader reader(codec, endpoint, [](const chat::stream::StreamEvent&) {});
  const http::ResponseHead head{200, {}};
  Outcome out;
  bool fed = true;
  for (std::size_t at = 0; fed && at < body.size(); at += piece)
    fed = reader.feed(head, body.substr(at, piece)).has_value();
  out.whole = fed && reader.finish(head).has_value();
  out.message = out.whole ? reader.assembler().whole() : reader.assembler().cut();
  return out;
}

inline void demand(bool condition) {
  if (!condition) std::abort();
}

// Ids that we make up are random; all else must agree.
inline bool same(const Outcome& a, const Outcome& b) {
  const auto calls_a = a.message.tool_calls();
  const auto calls_b = b.message.tool_calls();
  bool equal = a.whole == b.whole && a.message.text() == b.message.text() && a.message.stop == b.message.stop &&
               a.message.usage == b.message.usage && a.message.content.size() == b.message.content.size() &&
               calls_a.size() == calls_b.size();
  for (std::size_t i = 0; equal && i < calls_a.size(); ++i) {
    equal = calls_a[i].name == calls_b[i].name && calls_a[i].arguments == calls_b[i].arguments;
  }
  return equal;
}

/// The bytes as a reply: where they are cut does not matter, nor whether an event is read in place or as a document
/// (`extra` is a key that forces the latter); and what was read can be stored and sent back as JSON.
inline void check_reply(const Codec& codec, const Endpoint& endpoint, std::string_view body, const std::string& extra) {
  const auto whole = decode(codec, endpoint, body, body.size() + 1);
  demand(same(whole, decode(codec, endpoint, body, 3)));
  const auto slow = decode(codec, endpoint, text::replace_all(std::string(body), "data: {", "data: {" + extra), 4096);
  demand(!slow.whole || same(whole, slow));
  demand(Json::accept(chat::dump(chat::to_json(whole.message))));
  const std::vector<chat::Message> history = {chat::UserMessage{{chat::Text{"x"}}}, whole.message};
  const std::string system;
  const std::vector<chat::ToolSpec> tools;
  demand(Json::accept(codec.encode({system, history, tools}, endpoint).body));
}

}  // namespace errand::provider::fuzz
