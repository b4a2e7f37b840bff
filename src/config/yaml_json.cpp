#include "config/yaml_json.hpp"

#include "base/json.hpp"

namespace errand::config::yaml {

namespace {

Json scalar(const Node& node) {
  if (!node.plain) return node.text;
  auto value = Json::parse(node.text, nullptr, false);
  return value.is_number() || value.is_boolean() ? value : Json(node.text);
}

}  // namespace

Json to_json(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return nullptr;
    case Kind::scalar:
      return scalar(node);
    case Kind::list: {
      auto out = Json::array();
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    case Kind::map:
      break;
  }
  auto out = Json::object();
  for (std::size_t i = 0; i < node.keys.size(); ++i) out[node.keys[i].name] = to_json(node.items[i]);
  return out;
}

}  // namespace errand::config::yaml
