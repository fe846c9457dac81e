// Takes [name, label] of the inputs that must be there, names of those that may be there, and the message about data
// that must be chosen first; returns a list of what is wrong. browse_galaxy.py evaluates it in a tool's form.
([expected, additional, unfilled]) => {
    const visible = (element) => element.getClientRects().length > 0;
    const plain = (text) => (text || '').replace(/\s+/g, ' ').trim();
    const wrong = [];
    let previous = null;
    for (const [name, label] of expected) {
        const element = document.getElementById('form-element-' + name);
        if (!element || !visible(element)) {
            wrong.push(`no input '${label}' (${name})`);
            continue;
        }
        // the input that decides over others has its label in the head of the box around them
        const box = element.closest('.portlet-content');
        const title = plain(element.querySelector('.ui-form-title').innerText)
            || plain(box && box.parentElement.querySelector('.portlet-header').innerText);
        if (!title.startsWith(plain(label))) {
            wrong.push(`the label of ${name} is '${title}' instead of '${label}'`);
        }
        if (previous && !(previous.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) {
            wrong.push(`'${label}' (${name}) is before '${previous.id}'`);
        }
        previous = element;
    }
    const names = new Set([...additional, ...expected.map(([name]) => name)]);
    for (const element of document.querySelectorAll('#tool-card-body [id^="form-element-"]')) {
        if (visible(element) && !names.has(element.id.replace('form-element-', ''))) {
            wrong.push(`${element.id} should not be there`);
        }
    }
    for (const message of document.querySelectorAll('#center .ui-form-error-text')) {
        const text = plain(message.innerText);
        // a message about missing input is not an error of a form
        const around = message.closest('.ui-form-element');
        const typed = around.querySelector('input:not(.multiselect__input), textarea');
        if (visible(message) && text !== unfilled && !(typed && typed.value === '')) {
            wrong.push(text);
        }
    }
    for (const image of document.querySelectorAll('#center img')) {
        if (visible(image) && image.complete && !image.naturalWidth) {
            wrong.push(`a broken image: ${image.src}`);
        }
    }
    return wrong;
}
