//! Expressions compiled, in Python's order of evaluation.

use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, ConversionFlag, Expr, ExprBoolOp, ExprCompare, ExprFString, ExprIf, ExprName, ExprSubscript, FStringPart,
    InterpolatedElement, InterpolatedStringElement, Number, UnaryOp,
};

use crate::kernel::object::ObjectKind;
use crate::kernel::value::Word;
use crate::program::bytecode::{Comparison, Conversion, Instruction, UnaryOperator};
use crate::program::compiler::{Compiler, Flavour};
use crate::program::globals::{Global, SPECIAL, attribute, attributes_of, builtin};
use crate::program::statements::operator;

impl Compiler<'_, '_> {
    /// Pushes the value of an expression.
    pub fn expression(&mut self, expression: &Expr) {
        if self.enter(expression) {
            self.at(expression);
            self.any_expression(expression);
        }
        self.leave();
    }

    fn any_expression(&mut self, expression: &Expr) {
        match expression {
            Expr::NoneLiteral(_) => self.asm.constant(Word::NONE),
            Expr::BooleanLiteral(literal) => self.asm.constant(Word::bool(literal.value)),
            Expr::NumberLiteral(literal) => self.number(expression, &literal.value),
            Expr::StringLiteral(literal) => {
                let word = self.text_word(literal.value.to_str());
                self.asm.constant(word);
            }
            Expr::FString(text) => self.interpolated(text),
            Expr::Name(name) => self.name(name),
            Expr::Tuple(tuple) => self.items(&tuple.elts, Instruction::MakeTuple),
            Expr::List(list) => self.items(&list.elts, Instruction::MakeList),
            Expr::Dict(dict) => {
                for item in &dict.items {
                    match &item.key {
                        Some(key) => self.expression(key),
                        None => self.unsupported(expression, "`**` in a dict", "write the items out"),
                    }
                    self.expression(&item.value);
                }
                self.at(expression);
                self.asm.emit(Instruction::MakeDict(dict.items.len() as u16));
            }
            Expr::UnaryOp(unary) => {
                self.expression(&unary.operand);
                self.at(expression);
                match unary.op {
                    UnaryOp::Not => self.asm.emit(Instruction::Unary(UnaryOperator::Not)),
                    UnaryOp::USub => self.asm.emit(Instruction::Unary(UnaryOperator::Negate)),
                    UnaryOp::UAdd => self.asm.emit(Instruction::Unary(UnaryOperator::Plus)),
                    UnaryOp::Invert => self.unsupported(expression, "`~`", "use arithmetic"),
                }
            }
            Expr::BinOp(binary) => {
                self.expression(&binary.left);
                self.expression(&binary.right);
                self.at(expression);
                match operator(binary.op) {
                    Some(operator) => self.asm.emit(Instruction::Binary(operator)),
                    None => self.unsupported(expression, "this operator", "use + - * / // % **"),
                }
            }
            Expr::BoolOp(chain) => self.bool_chain(chain),
            Expr::Compare(chain) => self.comparison_chain(chain),
            Expr::If(choice) => self.choice(choice),
            Expr::ListComp(comprehension) => self.comprehension(&comprehension.elt, &comprehension.generators),
            Expr::Generator(generator) => self.comprehension(&generator.elt, &generator.generators),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Attribute(_) => self.attribute(expression),
            Expr::Call(call) => self.call(call),
            Expr::Lambda(_) => self.unsupported(expression, "a lambda here", "define a function under `functions:`"),
            Expr::Set(_) | Expr::SetComp(_) => self.unsupported(expression, "a set", "use a list"),
            Expr::DictComp(_) => self.unsupported(expression, "a dict comprehension", "use a loop"),
            Expr::Await(_) => self.unsupported(expression, "`await`", "threads need none"),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.unsupported(expression, "`yield`", "build a list"),
            Expr::Named(_) => self.unsupported(expression, "`:=`", "assign first"),
            Expr::Starred(_) => self.unsupported(expression, "`*` here", "write the items out"),
            Expr::BytesLiteral(_) => self.unsupported(expression, "bytes", "use a text"),
            _ => self.unsupported(expression, "this expression", "leave it out"),
        }
    }

    fn choice(&mut self, choice: &ExprIf) {
        let (otherwise, end) = (self.asm.label(), self.asm.label());
        self.expression(&choice.test);
        self.asm.jump(Instruction::JumpIfFalse, otherwise);
        self.expression(&choice.body);
        self.asm.jump(Instruction::Jump, end);
        self.asm.place_label(otherwise);
        self.expression(&choice.orelse);
        self.asm.place_label(end);
    }

    /// Says that something is not supported, and the way out.
    pub fn unsupported(&mut self, node: &Expr, what: &str, help: &str) {
        self.mistake_with_help(node, format!("drawloom does not support {what}"), help);
    }

    fn number(&mut self, node: &Expr, number: &Number) {
        match number {
            Number::Int(number) => match number.as_i64().and_then(Word::int) {
                Some(word) => self.asm.constant(word),
                None => {
                    self.mistake(node, format!("an integer lies between {} and {} here", Word::INT_MIN, Word::INT_MAX));
                }
            },
            Number::Float(number) => {
                let word = self.values.float(*number);
                self.asm.constant(word);
            }
            Number::Complex { .. } => self.unsupported(node, "complex numbers", "use two numbers"),
        }
    }

    fn items(&mut self, items: &[Expr], make: fn(u16) -> Instruction) {
        for item in items {
            self.expression(item);
        }
        self.asm.emit(make(items.len() as u16));
    }

    /// Pushes the value of a name.
    fn name(&mut self, name: &ExprName) {
        if let Some(local) = self.private_local(&name.id) {
            if self.changed.contains(name.id.as_str()) {
                let message = format!("`{}` is changed in place elsewhere in this body, so it cannot be copied here", name.id);
                let help = format!("containers are values here, in Python both would be one: write `list({0})` or `dict({0})`", name.id);
                self.mistake_with_help(name, message, help);
            }
            return self.asm.emit(Instruction::Load(local));
        }
        match self.global(&name.id) {
            Some(Global::Variable(id)) if self.flavour == Flavour::Claim => {
                self.looks.objects.insert(id);
                self.asm.emit(Instruction::Peek(id));
            }
            Some(Global::Variable(id)) => self.asm.emit(Instruction::Read(id)),
            Some(Global::Object(id)) => {
                self.looks.objects.insert(id);
                let written = self.text_word(&name.id);
                self.asm.emit(Instruction::Object(id, written));
            }
            Some(Global::Function(number)) => self.asm.constant(Word::function(number)),
            Some(Global::Group(group, true)) => {
                self.looks.at_threads = true;
                self.asm.emit(Instruction::ThreadGroup(group));
            }
            Some(Global::Group(group, false)) => self.thread_at(group, None),
            None if builtin(&name.id).is_some() || SPECIAL.contains(&name.id.as_str()) => {
                self.mistake_with_help(
                    name,
                    format!("`{}` is a function and has to be called", name.id),
                    format!("write `{}(...)`", name.id),
                );
            }
            None => self.unknown(name, &name.id),
        }
    }

    /// Pushes a thread of a group: the one with this number, or the only one.
    fn thread_at(&mut self, group: u16, number: Option<&Expr>) {
        self.looks.at_threads = true;
        match number {
            Some(number) => {
                self.looks.tells_apart = true;
                self.expression(number);
            }
            None => self.asm.constant(Word::ZERO),
        }
        self.asm.emit(Instruction::ThreadAt(group));
    }

    /// The value of a name that is looked into, not copied.
    pub fn looked_into(&mut self, expression: &Expr) {
        if let Expr::Name(name) = expression
            && let Some(local) = self.private_local(&name.id)
        {
            self.at(expression);
            return self.asm.emit(Instruction::Load(local));
        }
        self.expression(expression);
    }

    fn bool_chain(&mut self, chain: &ExprBoolOp) {
        let end = self.asm.label();
        let jump = if chain.op == BoolOp::And { Instruction::JumpIfFalseOrPop } else { Instruction::JumpIfTrueOrPop };
        for (index, value) in chain.values.iter().enumerate() {
            if index > 0 {
                self.asm.jump(jump, end);
            }
            self.expression(value);
        }
        self.asm.place_label(end);
    }

    fn comparison_chain(&mut self, chain: &ExprCompare) {
        let (out, end) = (self.asm.label(), self.asm.label());
        self.looked_into(&chain.left);
        let last = chain.ops.len() - 1;
        for (index, (op, right)) in chain.ops.iter().zip(chain.comparators.iter()).enumerate() {
            self.looked_into(right);
            self.at(chain);
            if index < last {
                self.asm.emit(Instruction::Duplicate);
                self.asm.emit(Instruction::RotateThree);
            }
            self.asm.emit(Instruction::Compare(comparison(*op)));
            if index < last {
                self.asm.jump(Instruction::JumpIfFalseOrPop, out);
            }
        }
        if last > 0 {
            self.asm.jump(Instruction::Jump, end);
            self.asm.place_label(out);
            self.asm.emit(Instruction::Swap);
            self.asm.emit(Instruction::Pop);
        } else {
            self.asm.place_label(out);
        }
        self.asm.place_label(end);
    }

    /// A comprehension: a loop on the spot, eager even as a generator.
    fn comprehension(&mut self, element: &Expr, generators: &[Comprehension]) {
        let list = self.asm.hidden("list");
        self.asm.emit(Instruction::MakeList(0));
        self.asm.emit(Instruction::Store(list));
        self.generate(element, generators, list);
        self.asm.emit(Instruction::Load(list));
    }

    fn generate(&mut self, element: &Expr, generators: &[Comprehension], list: u16) {
        let Some((first, rest)) = generators.split_first() else {
            self.asm.emit(Instruction::Load(list));
            self.expression(element);
            self.asm.emit(Instruction::WithAppended);
            return self.asm.emit(Instruction::Store(list));
        };
        let (again, end) = (self.asm.label(), self.asm.label());
        self.looked_into(&first.iter);
        self.at(&first.iter);
        self.asm.emit(Instruction::Iterate);
        self.asm.place_label(again);
        self.asm.jump(Instruction::Next, end);
        let outer = self.shadows.len();
        self.bind_shadow(&first.target);
        for condition in &first.ifs {
            self.expression(condition);
            self.asm.jump(Instruction::JumpIfFalse, again);
        }
        self.generate(element, rest, list);
        self.shadows.truncate(outer);
        self.asm.jump(Instruction::Jump, again);
        self.asm.place_label(end);
    }

    /// Pops into the names of a comprehension, which hide others of the same spelling.
    fn bind_shadow(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => {
                let local = self.asm.hidden(&name.id);
                self.shadows.push((name.id.to_string(), local));
                self.asm.emit(Instruction::Store(local));
            }
            Expr::Tuple(tuple) => {
                self.asm.emit(Instruction::Unpack(tuple.elts.len() as u16));
                tuple.elts.iter().for_each(|target| self.bind_shadow(target));
            }
            _ => self.unsupported(target, "this target of a comprehension", "use names"),
        }
    }

    fn subscript(&mut self, subscript: &ExprSubscript) {
        if let Expr::Name(name) = &*subscript.value {
            match self.global(&name.id) {
                Some(Global::Group(group, _)) => return self.thread_at(group, Some(&subscript.slice)),
                Some(Global::Variable(id)) if self.flavour != Flavour::Claim && !subscript.slice.is_slice_expr() => {
                    self.expression(&subscript.slice);
                    self.at(subscript);
                    return self.asm.emit(Instruction::ReadItem(id));
                }
                _ => {}
            }
        }
        self.looked_into(&subscript.value);
        if let Expr::Slice(slice) = &*subscript.slice {
            for bound in [&slice.lower, &slice.upper, &slice.step] {
                match bound {
                    Some(bound) => self.expression(bound),
                    None => self.asm.constant(Word::NONE),
                }
            }
            self.at(subscript);
            return self.asm.emit(Instruction::Slice);
        }
        self.expression(&subscript.slice);
        self.at(subscript);
        self.asm.emit(Instruction::Item);
    }

    fn attribute(&mut self, expression: &Expr) {
        let Expr::Attribute(access) = expression else { return };
        let name = access.attr.as_str();
        if let Some((id, kind)) = self.declared_object(&access.value) {
            if kind == ObjectKind::Local {
                let name = self.text_word(name);
                return self.asm.emit(Instruction::LoadAttribute(id, name));
            }
            let known = attributes_of(kind);
            if !known.contains(&name) {
                let place = crate::program::python::range_in(self.text, access.attr.range);
                let message = format!("{} has no attribute `{name}`", kind.name());
                let mistake = crate::program::diagnostic::Diagnostic::new(place, message).did_you_mean(name, known.iter().copied());
                self.mistakes.push(mistake);
                return;
            }
        }
        if self.flavour == Flavour::Claim && self.private_name(expression) {
            return;
        }
        match attribute(name) {
            Some(attribute) => {
                self.looked_into(&access.value);
                self.at(expression);
                self.asm.emit(Instruction::Attribute(attribute));
            }
            None => {
                let message = format!("drawloom knows no attribute `{name}`");
                self.mistake_with_help(expression, message, "attributes are those of `local()` objects, and name and daemon of threads");
            }
        }
    }

    /// In a claim, `worker[2].temp`: a private name of a thread's body. Gives whether it is one.
    fn private_name(&mut self, expression: &Expr) -> bool {
        let Expr::Attribute(access) = expression else { return false };
        let (name, number) = match &*access.value {
            Expr::Name(name) => (name, None),
            Expr::Subscript(subscript) => match &*subscript.value {
                Expr::Name(name) => (name, Some(&*subscript.slice)),
                _ => return false,
            },
            _ => return false,
        };
        let Some(Global::Group(group, counted)) = self.global(&name.id) else { return false };
        let function = self.bodies[group as usize];
        let locals = &self.asm.code.functions[function as usize].locals;
        let Some(local) = locals.iter().position(|local| local == access.attr.as_str()) else {
            if matches!(access.attr.as_str(), "name" | "daemon") {
                return false;
            }
            let names: Vec<String> = locals.iter().filter(|local| !local.starts_with('.')).cloned().collect();
            let place = crate::program::python::range_in(self.text, access.attr.range);
            let message = format!("the body of `{}` has no name `{}`", name.id, access.attr);
            let mistake = crate::program::diagnostic::Diagnostic::new(place, message);
            self.mistakes.push(mistake.did_you_mean(access.attr.as_str(), names.iter().map(String::as_str)));
            return true;
        };
        if number.is_none() && counted {
            self.mistake_with_help(
                expression,
                format!("`{}` is several threads", name.id),
                format!("say which: `{}[0].{}`", name.id, access.attr),
            );
            return true;
        }
        self.looks.at_threads = true;
        self.looks.tells_apart |= number.is_some();
        self.looks.locals.push((function, local as u16));
        match number {
            Some(number) => self.expression(number),
            None => self.asm.constant(Word::ZERO),
        }
        self.at(expression);
        self.asm.emit(Instruction::PeekLocal(group, local as u16));
        true
    }

    fn interpolated(&mut self, text: &ExprFString) {
        let mut parts = 0;
        for part in &text.value {
            match part {
                FStringPart::Literal(literal) => {
                    let word = self.text_word(&literal.value);
                    self.asm.constant(word);
                    parts += 1;
                }
                FStringPart::FString(inner) => parts += self.elements(&inner.elements),
            }
        }
        self.asm.emit(Instruction::Concatenate(parts));
    }

    /// Pushes the parts of an interpolated text; gives their number.
    fn elements<'e>(&mut self, elements: impl IntoIterator<Item = &'e InterpolatedStringElement>) -> u16 {
        let mut parts = 0;
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    let word = self.text_word(&literal.value);
                    self.asm.constant(word);
                    parts += 1;
                }
                InterpolatedStringElement::Interpolation(inner) => parts += self.interpolation(inner),
            }
        }
        parts
    }

    fn interpolation(&mut self, element: &InterpolatedElement) -> u16 {
        let mut parts = 1;
        if let Some(debug) = &element.debug_text {
            let word = self.text_word(&format!("{}{}{}", debug.leading(), debug.expression(), debug.trailing()));
            self.asm.constant(word);
            parts += 1;
        }
        self.looked_into(&element.expression);
        let with_spec = element.format_spec.is_some();
        if let Some(spec) = &element.format_spec {
            let inner = self.elements(&spec.elements);
            self.asm.emit(Instruction::Concatenate(inner));
        }
        let plain_debug = element.debug_text.is_some() && !with_spec && element.conversion == ConversionFlag::None;
        let conversion = match element.conversion {
            ConversionFlag::Repr | ConversionFlag::Ascii => Conversion::Repr,
            _ if plain_debug => Conversion::Repr,
            _ => Conversion::Str,
        };
        self.asm.emit(Instruction::Format(conversion, with_spec));
        parts
    }
}

fn comparison(op: CmpOp) -> Comparison {
    match op {
        CmpOp::Eq => Comparison::Equal,
        CmpOp::NotEq => Comparison::NotEqual,
        CmpOp::Lt => Comparison::Less,
        CmpOp::LtE => Comparison::LessEqual,
        CmpOp::Gt => Comparison::Greater,
        CmpOp::GtE => Comparison::GreaterEqual,
        CmpOp::Is => Comparison::Is,
        CmpOp::IsNot => Comparison::IsNot,
        CmpOp::In => Comparison::In,
        CmpOp::NotIn => Comparison::NotIn,
    }
}
