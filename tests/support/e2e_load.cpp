#include <stdexcept>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/file.hpp"
#include "support/e2e_case.hpp"
#include "support/e2e_world.hpp"

namespace errand::test::e2e {

namespace {

// A plain scalar is what YAML's core schema says; a quoted one is text.
Json scalar(const YAML::Node& node) {
  const auto text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "false") return text == "true";
  const auto number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

Json to_json(const YAML::Node& node, const std::string& file) {
  if (node.IsScalar()) return scalar(node);
  if (node.IsSequence()) {
    auto out = Json::array();
    for (const auto& item : node) out.push_back(to_json(item, file));
    return out;
  }
  if (!node.IsMap()) return nullptr;
  auto out = Json::object();
  for (const auto& pair : node) {
    const auto key = pair.first.Scalar();
    if (out.contains(key)) {
      throw std::runtime_error(fmt::format("{}:{}: \"{}\" stands there twice", file, pair.first.Mark().line + 1, key));
    }
    out[key] = to_json(pair.second, file);
  }
  return out;
}

std::string about_of(const Json& document, const std::string& file) {
  const auto found = document.find("about");
  if (found == document.end()) throw std::runtime_error(file + ": a case has no `about`");
  return found->get<std::string>();
}

// A string that is "{{name}}" and nothing else becomes the variant's value as it stands; within a longer one, its text.
Json with_values(const Json& written, const Json& values) {
  if (written.is_string()) {
    Variables texts;
    for (const auto& [name, value] : values.items()) {
      if (written == "{{" + name + "}}") return value;
      texts[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    return expanded(written, texts);
  }
  if (!written.is_structured()) return written;
  auto out = written.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : written.items()) {
    if (written.is_array()) {
      out.push_back(with_values(item, values));
    } else {
      out[with_values(key, values).get<std::string>()] = with_values(item, values);
    }
  }
  return out;
}

std::vector<Case> variants_of(Json document, const std::string& file) {
  if (!document.contains("variants")) return {{file, about_of(document, file), document}};
  const auto variants = document.at("variants");
  document.erase("variants");
  std::vector<Case> out;
  for (const auto& variant : variants) {
    auto body = with_values(document, variant);
    out.push_back({file, fmt::format("{} {}", about_of(body, file), variant.dump()), std::move(body)});
  }
  return out;
}

}  // namespace

std::vector<Case> load_cases(const std::string& path) {
  std::vector<Case> out;
  try {
    for (const auto& document : YAML::LoadAllFromFile(path)) {
      for (auto& one : variants_of(to_json(document, path), file_name(path))) out.push_back(std::move(one));
    }
  } catch (const YAML::Exception& e) {
    throw std::runtime_error(fmt::format("{}:{}: {}", path, e.mark.line + 1, e.msg));
  }
  return out;
}

}  // namespace errand::test::e2e
